import type { Me, SignIn, TotpSecret } from '@/features/auth/types';
import { http } from '@/shared/http';

export const me = () => http.get<Me>('/api/me');
export const signIn = (body: SignIn) => http.post<{ me: Me }>('/api/sessions', { body });
export const signOut = () => http.delete<void>('/api/sessions/current');
export const changePassword = (old_password: string, new_password: string) =>
  http.post<{ me: Me }>('/api/me/password', { body: { old_password, new_password } });
export const newTotp = () => http.post<TotpSecret>('/api/me/totp');
export const confirmTotp = (code: string) => http.put<void>('/api/me/totp', { body: { code } });
export const removeTotp = () => http.delete<void>('/api/me/totp');
