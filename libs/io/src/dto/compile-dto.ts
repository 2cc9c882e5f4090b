import { publishSlowDto } from '../io.channels.js';
import { isPlainJson, nestedReader, scalarReader } from './convert-value.js';
import type { Convert, Holder } from './convert-value.js';
import type { DtoClass } from './dto-class.js';
import { generateSource } from './generate-source.js';
import { Obstacle, planDto } from './plan-dto.js';
import type { DtoPlan, FieldPlan } from './plan-dto.js';

/** Gives an instance, or undefined where class-validator has to decide. */
export type Build<T extends object = object> = (value: object) => T | undefined;

/** What the generated source calls `env`. */
export interface BuildEnvironment {
  readonly Dto: DtoClass;
  readonly isPlainJson: (value: unknown) => boolean;
  /** Per field, what makes the value that @Type asks for. */
  readonly convert: readonly (Convert | undefined)[];
  /** Per field and rule. */
  readonly constants: readonly (readonly unknown[])[];
}

type Holders = WeakMap<DtoClass, DtoHolder>;

interface DtoHolder extends Holder {
  build?: Build;
  /** Whether it was asked for by itself; a DTO that is nested in another may be built before. */
  isDecided?: boolean;
}

const holders: Holders = new WeakMap();
const strictHolders: Holders = new WeakMap();

/**
 * The compiled form of a DTO; undefined where a rule has none, which is published once. Compiled at
 * first use: only then have all modules been loaded that a `@Type(() => Other)` may look into.
 *
 * It is generated source because that takes a quarter to a half of the time of closures per rule.
 */
export function findBuild<T extends object>(
  dto: DtoClass<T>,
  forbidUnknown: boolean,
): Build<T> | undefined {
  const holder = holderOf(dto, forbidUnknown);
  if (holder.isDecided !== true) {
    holder.isDecided = true;
    const obstacle = compile(dto, forbidUnknown);
    if (obstacle !== undefined) publishSlowDto({ dto: dto.name, reason: obstacle.reason });
  }
  return holder.build as Build<T> | undefined;
}

function compile(dto: DtoClass, forbidUnknown: boolean): Obstacle | undefined {
  try {
    const plans = planDto(dto);
    if (plans instanceof Obstacle) return plans;
    for (const plan of plans) generate(plan, forbidUnknown);
    return undefined;
  } catch (error) {
    // A @Type function that throws, or a process that forbids generated code.
    return new Obstacle(String(error));
  }
}

function generate(plan: DtoPlan, forbidUnknown: boolean): void {
  const holder = holderOf(plan.dto, forbidUnknown);
  if (holder.build !== undefined) return;
  const source = generateSource(plan, forbidUnknown);
  const env: BuildEnvironment = {
    Dto: plan.dto,
    isPlainJson,
    convert: plan.fields.map((field) => toConvert(field, forbidUnknown)),
    constants: plan.fields.map(({ rules }) => rules.map(({ constant }) => constant)),
  };
  // oxlint-disable-next-line typescript/no-implied-eval -- names stand in it as JSON strings only.
  holder.build = (new Function('env', source) as (env: BuildEnvironment) => Build)(env);
}

function toConvert({ type }: FieldPlan, forbidUnknown: boolean): Convert | undefined {
  if (type.kind === 'scalar') return scalarReader(type.convert);
  // By its holder: a DTO may be nested in itself.
  return type.kind === 'nested' ? nestedReader(holderOf(type.dto, forbidUnknown), type) : undefined;
}

function holderOf(dto: DtoClass, forbidUnknown: boolean): DtoHolder {
  const all = forbidUnknown ? strictHolders : holders;
  let holder = all.get(dto);
  if (holder === undefined) {
    holder = {};
    all.set(dto, holder);
  }
  return holder;
}
