import type { Column } from '@/shared/list';

const key = (name: string) => `forecourt.columns.${name}`;

/** The columns a user chose for a list, or the list's own choice. */
export function chosenColumns(name: string, columns: Column[]): string[] {
  const standard = columns.filter((column) => !column.optional).map((column) => column.field);
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(name)) ?? 'null');
    if (!Array.isArray(kept)) return standard;
    const known = columns.map((column) => column.field).filter((field) => kept.includes(field));
    return known.length > 0 ? known : standard;
  } catch {
    return standard;
  }
}

export function rememberColumns(name: string, fields: string[]): void {
  localStorage.setItem(key(name), JSON.stringify(fields));
}
