import { Api, BentoService, InjectRunner, NdArray, Runner, ndarray } from 'bentonest';
import { NAMED_IRIS } from '../iris/named-iris.runner.js';

@BentoService({ name: 'iris_flask_demo' })
export class IrisService {
  constructor(@InjectRunner(NAMED_IRIS) private readonly irisClf: Runner) {}

  @Api('/predict_bentoml', {
    input: ndarray({ dtype: 'float32', shape: [-1, 4] }),
    output: ndarray(),
  })
  predict(input: NdArray): Promise<NdArray> {
    return this.irisClf.predict.run(input);
  }
}
