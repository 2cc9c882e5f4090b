import type { DataFrame } from '../data-frame.js';
import { buildFrame, castColumn } from './build-frame.js';
import type { FrameOptions } from './frame-options.js';

/**
 * The columns that the options name, in order and of their dtypes: what the readers make of a body,
 * made of a DataFrame.
 *
 * @throws InvalidDataFrameError naming the column that is missing or is not cast to its dtype.
 */
export function fitFrame(frame: DataFrame, options: FrameOptions): DataFrame {
  const { names, length } = frame;
  const { enforceDtypes } = options;
  return buildFrame(
    {
      names,
      length,
      column: (position, dtype) => {
        const name = names[position];
        return castColumn(name, frame.columns[name], { dtype, enforceDtypes });
      },
    },
    options,
  );
}
