import 'reflect-metadata';
import { Api, BentoService } from 'bentonest/serving';
import { describe, expect, it } from 'vitest';
import { refuseUnknownSettings, settingsOf } from './service-settings.js';

@BentoService({ name: 'iris', timeoutMs: 1 })
class Iris {
  @Api()
  predictProba(): void {}

  @Api({ name: 'label' })
  classify(): void {}
}

describe('the settings of a service', () => {
  it('are found by the names of service and apis, those of variables having the last word', () => {
    const apis = {
      predictProba: { timeoutMs: 2, maxConcurrency: 3 },
      predict_proba: { timeoutMs: 4 },
      label: { maxConcurrency: 5 },
    };
    expect(settingsOf(Iris, { services: { iris: { maxConcurrency: 6, apis } } })).toEqual({
      maxConcurrency: 6,
      apis: { predictProba: { timeoutMs: 4, maxConcurrency: 3 }, label: { maxConcurrency: 5 } },
    });
    expect(settingsOf(Iris, {})).toEqual({ apis: { predictProba: {}, label: {} } });
  });

  it.each([
    [
      { iriss: {} },
      'sets services.iriss, but the application has no service "iriss". The nearest: iris.',
    ],
    [{ iris: { apis: { lable: {} } } }, 'sets services.iris.apis.lable, but the application has no api "lable". The nearest: label, predictProba.'], // prettier-ignore
    [{ iris: { apis: { classify: {} } } }, 'no api "classify"'],
  ])('of none are refused with the nearest name: %j', (services, message) => {
    expect(() => refuseUnknownSettings([Iris], { services })).toThrow(message);
    expect(() => refuseUnknownSettings([Iris], { services: { iris: {} } })).not.toThrow();
  });
});
