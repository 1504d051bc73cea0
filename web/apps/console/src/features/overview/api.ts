import type { Overview } from '@/features/overview/types';
import { http } from '@/shared/http';

export const overview = () => http.get<Overview>('/api/overview');
