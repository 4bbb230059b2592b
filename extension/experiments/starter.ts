/** A first configuration: it trains as it stands, with a data set that is fetched by name. */
export const starterFile = (name: string): string => `# What is trained, on what, and when it is good enough.
# Completion (Ctrl+Space) knows every setting; hover over one to read about it.
name: ${name}
model:
  name: cnn
data:
  dataset: mnist
optimizer:
  type: adam
  lr: 0.001
training:
  epochs: 5
  device: auto
gates:
  - { metric: accuracy, at_least: 0.95 }
`;

/** A name that the schema takes, made from a folder's. */
export const experimentName = (folder: string): string => {
  const clean = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return clean === '' ? 'experiment' : clean;
};
