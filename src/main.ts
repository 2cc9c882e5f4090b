import { serve } from 'bentonest';
import { AppModule } from './app.module.js';

await serve(AppModule);
