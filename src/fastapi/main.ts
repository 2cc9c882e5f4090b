import { serve } from 'bentonest';
import { FastapiModule } from './fastapi.module.js';

await serve(FastapiModule);
