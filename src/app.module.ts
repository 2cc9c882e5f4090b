import { Module } from '@nestjs/common';
import { BentoModule } from 'bentonest';
import { IrisModule } from './iris/iris.module.js';

@Module({ imports: [BentoModule.forRoot(), IrisModule] })
export class AppModule {}
