import { IsNumber } from 'class-validator';

/** One flower, in centimetres. */
export class IrisFeatures {
  @IsNumber() sepal_len: number;
  @IsNumber() sepal_width: number;
  @IsNumber() petal_len: number;
  @IsNumber() petal_width: number;
}
