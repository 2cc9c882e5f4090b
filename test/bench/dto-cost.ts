import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsArray, IsNumber, IsString, Min, ValidateNested } from 'class-validator';
import { validateByClassValidator, validateDto } from './internals.js';
import { median, rounded } from './statistics.js';
import { usPerAwait, usPerCall } from './time-per-call.js';

class Flower {
  @IsNumber() sepalLength: number;
  @IsNumber() sepalWidth: number;
  @IsNumber() petalLength: number;
  @IsNumber() petalWidth: number;
}

class Signal {
  @IsArray() @IsNumber({}, { each: true }) samples: number[];
}

class Row {
  @IsString() species: string;
  @IsNumber() @Min(0) length: number;
  @IsNumber() @Min(0) width: number;
}

class Table {
  @ValidateNested({ each: true }) @Type(() => Row) rows: Row[];
}

interface Case {
  readonly dto: new () => object;
  readonly value: object;
  /** Calls per run of what takes longest. */
  readonly calls: number;
}

const row = { species: 'virginica', length: 6.2, width: 3.2 };
const CASES: Readonly<Record<string, Case>> = {
  '4 numbers': {
    dto: Flower,
    value: { sepalLength: 6.2, sepalWidth: 3.2, petalLength: 5.2, petalWidth: 2.2 },
    calls: 20_000,
  },
  'number[1000]': {
    dto: Signal,
    value: { samples: Array.from({ length: 1000 }, (_, i) => i / 7) },
    calls: 1000,
  },
  '50 nested rows': {
    dto: Table,
    value: { rows: Array.from({ length: 50 }, () => row) },
    calls: 1000,
  },
};

/** Compiled checks run more often: one of them is below the resolution of a short run. */
const COMPILED_FACTOR = 20;
const NOT_COMPILED = 'The DTO is not compiled.';

export interface DtoCostRow {
  readonly dto: string;
  readonly compiledUs: number;
  /** plainToInstance and validate, as in Nest's ValidationPipe. */
  readonly classValidatorUs: number;
  readonly jsonParseUs: number;
}

/** Time per call of what becomes of a parsed body. */
export async function measureDtos(rounds: number): Promise<DtoCostRow[]> {
  const rows: DtoCostRow[] = [];
  for (const [name, { dto, value, calls }] of Object.entries(CASES)) {
    const text = JSON.stringify(value);
    const runs: Omit<DtoCostRow, 'dto'>[] = [];
    for (let round = -2; round < rounds; round++) {
      const run = {
        compiledUs: usPerCall(calls * COMPILED_FACTOR, () => {
          if (validateDto(dto, value, false) instanceof Promise) throw new TypeError(NOT_COMPILED);
        }),
        classValidatorUs: await usPerAwait(calls, () =>
          validateByClassValidator(dto, value, false),
        ),
        jsonParseUs: usPerCall(calls, () => JSON.parse(text) as unknown),
      };
      // The first ones are for the compiler.
      if (round >= 0) runs.push(run);
    }
    const medianOf = (pick: (run: (typeof runs)[number]) => number): number =>
      rounded(median(runs.map((run) => pick(run))));
    rows.push({
      dto: name,
      compiledUs: medianOf(({ compiledUs }) => compiledUs),
      classValidatorUs: medianOf(({ classValidatorUs }) => classValidatorUs),
      jsonParseUs: medianOf(({ jsonParseUs }) => jsonParseUs),
    });
  }
  return rows;
}
