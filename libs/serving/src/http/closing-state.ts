import { Injectable } from '@nestjs/common';

/** Whether the application is to end, from the very first step on. */
@Injectable()
export class ClosingState {
  private hasBegun = false;

  get isClosing(): boolean {
    return this.hasBegun;
  }

  begin(): void {
    this.hasBegun = true;
  }
}
