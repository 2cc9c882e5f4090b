import type { ConfigValues, ServiceConfig } from 'bentonest/config';
import { ServiceConfigurationError } from 'bentonest/errors';
import { nearest } from 'bentonest/model-store';
import { getApiNames, getServiceMetadata } from 'bentonest/serving';
import type { ServiceClass, ServiceSettings } from 'bentonest/serving';

type Sections<Section> = Readonly<Record<string, Section>>;

/** What operators have set of a service. */
export function settingsOf(
  service: ServiceClass,
  { services = {} }: ConfigValues,
): ServiceSettings {
  const { apis = {}, ...limits } = sectionOf<ServiceConfig>(services, nameOf(service));
  const names = getApiNames(service);
  return {
    ...limits,
    apis: Object.fromEntries(names.map((name) => [name, sectionOf(apis, name)])),
  };
}

/**
 * A name that is no service's, or none of its apis', is a slip of the pen.
 *
 * @throws ServiceConfigurationError naming the nearest.
 */
export function refuseUnknownSettings(
  served: readonly ServiceClass[],
  { services = {} }: ConfigValues,
): void {
  refuseUnknown('services', Object.keys(services), served.map(nameOf));
  for (const service of served) {
    const { apis = {} } = sectionOf<ServiceConfig>(services, nameOf(service));
    const section = `services.${nameOf(service)}.apis`;
    refuseUnknown(section, Object.keys(apis), getApiNames(service));
  }
}

function refuseUnknown(section: string, set: readonly string[], known: readonly string[]): void {
  const unknown = set.find((name) => !known.some((each) => spellings(each).includes(name)));
  if (unknown === undefined) return;
  const what = section === 'services' ? 'service' : 'api';
  const names = nearest(unknown, known).join(', ') || 'none';
  throw new ServiceConfigurationError(
    `The configuration sets ${section}.${unknown}, but the application has no ${what} "${unknown}". The nearest: ${names}.`,
    { details: { [what]: unknown } },
  );
}

/** What is set under a name as it is, and as it comes from a variable, which has the last word. */
function sectionOf<Section extends object>(
  sections: Sections<Section>,
  name: string,
): Partial<Section> {
  return Object.assign({}, ...spellings(name).map((spelling) => sections[spelling])) as Section;
}

/** `predictProba`, and what PREDICT_PROBA and PREDICTPROBA become. */
function spellings(name: string): readonly string[] {
  const words = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
  return [...new Set([name, words, name.toLowerCase()])];
}

/** The name by which a service's settings are found. */
export function nameOf(service: ServiceClass): string {
  return getServiceMetadata(service)?.name ?? service.name;
}
