import { Api, BentoService, InjectRunner, NdArray, Runner, ndarray } from 'bentonest';
import { IrisFeatures } from '../iris/iris.dto.js';
import { NAMED_IRIS } from '../iris/named-iris.runner.js';

@BentoService({ name: 'iris_fastapi_demo' })
export class IrisService {
  constructor(@InjectRunner(NAMED_IRIS) private readonly irisClf: Runner) {}

  @Api('/predict_bentoml', { output: ndarray() })
  predict(flower: IrisFeatures): Promise<NdArray> {
    const { sepal_len, sepal_width, petal_len, petal_width } = flower;
    const row = [sepal_len, sepal_width, petal_len, petal_width];
    return this.irisClf.predict.run(NdArray.from([row]));
  }
}
