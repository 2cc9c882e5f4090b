import { serve } from 'bentonest';
import { FlaskModule } from './flask.module.js';

await serve(FlaskModule);
