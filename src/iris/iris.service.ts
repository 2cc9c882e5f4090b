import {
  Api,
  BentoModel,
  BentoService,
  InjectModel,
  InjectRunner,
  NdArray,
  Runner,
  ndarray,
} from 'bentonest';
import { IrisFeatures } from './iris.dto.js';

interface ModelMetadata {
  readonly name: string;
  readonly version: string;
}

@BentoService({ name: 'iris_classifier' })
export class IrisClassifier {
  constructor(
    @InjectRunner('iris_clf') private readonly irisClf: Runner,
    @InjectModel('iris_clf:latest') private readonly model: BentoModel,
  ) {}

  @Api({ input: ndarray({ dtype: 'float32', shape: [-1, 4] }), output: ndarray() })
  classify(input: NdArray): Promise<NdArray> {
    return this.irisClf.predict.run(input);
  }

  @Api('/v1/models/iris_classifier/predict', { output: ndarray() })
  predictOne(flower: IrisFeatures): Promise<NdArray> {
    const { sepal_len, sepal_width, petal_len, petal_width } = flower;
    return this.irisClf.predict.run(
      NdArray.from([[sepal_len, sepal_width, petal_len, petal_width]]),
    );
  }

  @Api({ method: 'GET' })
  metadata(): ModelMetadata {
    const { name, version } = this.model.tag;
    return { name, version };
  }
}
