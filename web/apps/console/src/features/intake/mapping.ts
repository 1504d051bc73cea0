import type { ColumnMapping, LayoutChange, TargetField } from '@/features/intake/types';

/** What stands in the way of using a mapping. */
export interface MappingCheck {
  missing: TargetField[];
  twice: TargetField[];
  mapped: number;
}

/** Required fields must be fed, and no field may be fed by two columns. */
export function checkMapping(columns: ColumnMapping[], targets: TargetField[]): MappingCheck {
  const uses = new Map<string, number>();
  for (const { field } of columns) {
    if (field !== null) uses.set(field, (uses.get(field) ?? 0) + 1);
  }
  return {
    missing: targets.filter((target) => target.required && !uses.has(target.field)),
    twice: targets.filter((target) => (uses.get(target.field) ?? 0) > 1),
    mapped: columns.filter((column) => column.field !== null).length,
  };
}

export function changeOf(columns: ColumnMapping[]): LayoutChange['columns'] {
  return columns.map(({ position, field }) => ({ position, field }));
}

/** A person's choice outranks the proposal and no longer carries its reason. */
export function assign(columns: ColumnMapping[], position: number, field: string | null): ColumnMapping[] {
  return columns.map((column) =>
    column.position === position ? { ...column, field, proposed_by: null, confidence: null } : column,
  );
}
