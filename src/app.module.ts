import { Module } from '@nestjs/common';
import { BentoModule } from 'bentonest';
import { ExpressModule } from './express/express.module.js';
import { HonoModule } from './hono/hono.module.js';
import { IrisModule } from './iris/iris.module.js';

@Module({ imports: [BentoModule.forRoot(), IrisModule, ExpressModule, HonoModule] })
export class AppModule {}
