import { Option } from 'commander';
import type { Command } from 'commander';
import { CommandUsageError } from '../cli.errors.js';
import { examples } from '../output/examples.js';
import { answerOption, outputOption } from '../output/print.js';

/** `k=v`, once or more. */
function labelOption(does: string): Option {
  const collect = (text: string, before: Record<string, string> = {}): Record<string, string> => {
    const at = text.indexOf('=');
    if (at < 1) {
      throw new CommandUsageError(`Expected --label as name=value, got ${JSON.stringify(text)}.`);
    }
    return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  };
  return new Option('-l, --label <name=value>', `${does}; may be repeated`).argParser(collect);
}

export function homeOption(): Option {
  return new Option(
    '--home <folder>',
    'the folder of the store (default: BENTOML_HOME, else ~/bentoml)',
  );
}

const S3 = 's3://bucket/key';

/** `bentonest models …`: the model store. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('Lists, shows, imports, exports and deletes models of the store.')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['bentonest models list', 'what is in the store'],
        ['bentonest models import iris.onnx', 'adds a model'],
      ),
    );
  addReadingCommands(models);
  addImportCommand(models);
  addExportCommand(models);
  addDeleteCommand(models);
  addRemoteCommands(models);
}

function addReadingCommands(models: Command): void {
  models
    .command('list')
    .description('Lists models, the newest first.')
    .argument('[name]', 'only the versions of this model')
    .addOption(labelOption('only models with this label'))
    .addOption(outputOption())
    .addOption(homeOption())
    .addHelpText(
      'after',
      examples(
        ['bentonest models list', ''],
        ['bentonest models list iris_clf --label stage=prod -o json', 'for a program to read'],
      ),
    )
    .action(async (name, options) => (await import('./list.js')).listModels(name, options));
  models
    .command('get')
    .description('Shows what the store knows of a model.')
    .argument('<tag>', 'name, name:latest or name:version')
    .addOption(outputOption('path'))
    .addOption(homeOption())
    .addHelpText(
      'after',
      examples(
        ['bentonest models get iris_clf:latest', ''],
        ['bentonest models get iris_clf -o path', 'prints its folder'],
      ),
    )
    .action(async (tag, options) => (await import('./get.js')).getModel(tag, options));
}

function addImportCommand(models: Command): void {
  models
    .command('import')
    .description('Adds a model: an .onnx file, a .bentomodel archive, a tar archive, or a folder.')
    .argument('<source>', `a path, or ${S3}`)
    .option('-t, --tag <tag>', 'its name, or name:version (default: by the source)')
    .addOption(labelOption('gives it a label'))
    .addOption(outputOption())
    .addOption(homeOption())
    .addHelpText(
      'after',
      examples(
        ['bentonest models import iris.onnx --tag iris_clf', 'with a new version'],
        ['bentonest models import iris_clf.bentomodel', 'as BentoML exported it'],
      ),
    )
    .action(async (source, options) => (await import('./import.js')).importModel(source, options));
}

function addExportCommand(models: Command): void {
  models
    .command('export')
    .description('Writes a model into an archive or a folder, and prints where.')
    .argument('<tag>', 'name, name:latest or name:version')
    .argument('[target]', `a path, or ${S3} (default: this folder)`)
    .addOption(
      new Option('-f, --format <format>', 'what to write (default: by the target)').choices([
        'bentomodel',
        'tar',
        'gz',
        'xz',
        'folder',
      ]),
    )
    .option('--overwrite', 'replace a target that exists')
    .addOption(answerOption())
    .addOption(homeOption())
    .addHelpText(
      'after',
      examples(
        ['bentonest models export iris_clf:latest', ''],
        ['bentonest models export iris_clf backup/ --format folder', ''],
      ),
    )
    .action(async (tag, target, options) =>
      (await import('./export.js')).exportModel(tag, target, options),
    );
}

function addDeleteCommand(models: Command): void {
  models
    .command('delete')
    .description('Deletes models; a name without a version means all its versions.')
    .argument('<tag...>', 'name, name:latest or name:version')
    .option('-y, --yes', 'do not ask')
    .addOption(answerOption())
    .addOption(homeOption())
    .addHelpText('after', examples(['bentonest models delete iris_clf:v1 -y', '']))
    .action(async (tags, options) => (await import('./delete.js')).deleteModels(tags, options));
}

function addRemoteCommands(models: Command): void {
  models
    .command('push')
    .description('Sends a model to an S3-compatible address.')
    .argument('<tag>', 'name, name:latest or name:version')
    .argument('<url>', S3)
    .option('--overwrite', 'replace an object that exists')
    .addOption(answerOption())
    .addOption(homeOption())
    .addHelpText(
      'after',
      examples(['bentonest models push iris_clf s3://models/iris_clf.bentomodel', '']),
    )
    .action(async (tag, url, options) => (await import('./push.js')).pushModel(tag, url, options));
  models
    .command('pull')
    .description('Adds a model from an S3-compatible address.')
    .argument('<url>', S3)
    .option('-t, --tag <tag>', 'its name, or name:version (default: as it was pushed)')
    .addOption(labelOption('gives it a label'))
    .addOption(outputOption())
    .addOption(homeOption())
    .addHelpText('after', examples(['bentonest models pull s3://models/iris_clf.bentomodel', '']))
    .action(async (url, options) => (await import('./pull.js')).pullModel(url, options));
}
