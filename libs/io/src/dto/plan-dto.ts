import { ValidationTypes, getMetadataStorage } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import type { DtoClass } from './dto-class.js';
import { planType } from './plan-type.js';
import type { FieldType } from './plan-type.js';
import { toRule } from './rule.js';
import type { Rule } from './rule.js';
import { findTransformedField, isStorageInUse, transformerStorage } from './transformer-storage.js';

export interface FieldPlan {
  readonly name: string;
  /** Whether null, and nothing, pass all rules. */
  readonly isOptional: boolean;
  readonly rules: readonly Rule[];
  readonly type: FieldType;
}

/** What is compiled: the fields of a class with their rules. */
export interface DtoPlan {
  readonly dto: DtoClass;
  readonly fields: readonly FieldPlan[];
  /** Names of getters and setters, which class-transformer treats in a way of its own. */
  readonly accessors: readonly string[];
}

/** Why a DTO is not compiled: `@Transform on field x`. */
export class Obstacle {
  constructor(readonly reason: string) {}
}

/** The DTO and all DTOs nested in it. */
export function planDto(root: DtoClass): DtoPlan[] | Obstacle {
  if (!isStorageInUse()) return new Obstacle('a class-transformer that was bundled');
  const plans = new Map<DtoClass, DtoPlan>();
  const waiting = [root];
  for (let dto = waiting.pop(); dto !== undefined; dto = waiting.pop()) {
    if (plans.has(dto)) continue;
    const plan = planClass(dto);
    if (plan instanceof Obstacle) {
      return dto === root ? plan : new Obstacle(`${plan.reason} (${dto.name})`);
    }
    plans.set(dto, plan);
    for (const { type } of plan.fields) if (type.kind === 'nested') waiting.push(type.dto);
  }
  return [...plans.values()];
}

function planClass(dto: DtoClass): DtoPlan | Obstacle {
  const byField = new Map<string, ValidationMetadata[]>();
  // As class-validator's validate() asks for them: without groups in its options, all rules run.
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false)) {
    const rules = byField.get(rule.propertyName);
    if (rules === undefined) byField.set(rule.propertyName, [rule]);
    else rules.push(rule);
  }
  const obstacle = byField.size === 0 ? 'no field with a rule' : classObstacle(dto);
  if (obstacle !== undefined) return new Obstacle(obstacle);
  const fields: FieldPlan[] = [];
  for (const [name, metadatas] of byField) {
    const field = planField(dto, name, metadatas);
    if (typeof field === 'string') return new Obstacle(`${field} on field ${name}`);
    fields.push(field);
  }
  return { dto, fields, accessors: findAccessors(dto) };
}

function classObstacle(dto: DtoClass): string | undefined {
  const storage = transformerStorage();
  const [exposed] = storage.getExposedMetadatas(dto);
  if (exposed !== undefined) return `@Expose on field ${exposed.propertyName}`;
  const [excluded] = storage.getExcludedMetadatas(dto);
  if (excluded !== undefined) return `@Exclude on field ${excluded.propertyName}`;
  if (storage.getStrategy(dto) !== 'none') return '@Expose or @Exclude on the class';
  const transformed = findTransformedField(dto);
  if (transformed !== undefined) return `@Transform on field ${transformed}`;
  for (const name in dto.prototype) return `the enumerable member ${name} of the prototype`;
  return undefined;
}

/** A string says what stands in the way. */
function planField(
  dto: DtoClass,
  name: string,
  metadatas: readonly ValidationMetadata[],
): FieldPlan | string {
  if (name in dto.prototype || name in Object.prototype) return 'a member of the prototype';
  const isNested = metadatas.some(({ type }) => type === ValidationTypes.NESTED_VALIDATION);
  const type = planType(dto, name, isNested);
  if (typeof type === 'string') return type;
  const rules: Rule[] = [];
  let isOptional = false;
  for (const metadata of metadatas) {
    if (metadata.validateIf !== undefined) return 'validateIf';
    switch (metadata.type) {
      case ValidationTypes.WHITELIST:
      case ValidationTypes.NESTED_VALIDATION:
        break;
      case ValidationTypes.CONDITIONAL_VALIDATION:
        if (metadata.name !== 'isOptional') return '@ValidateIf';
        isOptional = true;
        break;
      case ValidationTypes.IS_DEFINED:
      case ValidationTypes.CUSTOM_VALIDATION: {
        const rule = toRule(metadata);
        if (rule === undefined) return `the rule ${metadata.name ?? metadata.constraintCls.name}`;
        // It may compare by fields that class-validator drops only afterwards.
        if (isNested && rule.name === 'arrayUnique') return '@ArrayUnique beside @ValidateNested';
        rules.push(rule);
        break;
      }
      default:
        return `the rule ${metadata.type}`;
    }
  }
  return { name, isOptional, rules, type };
}

function findAccessors(dto: DtoClass): string[] {
  const names: string[] = [];
  let prototype = dto.prototype as object;
  while (prototype !== null && prototype !== Object.prototype) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (!('value' in member)) names.push(name);
    }
    prototype = Object.getPrototypeOf(prototype) as object;
  }
  return names;
}
