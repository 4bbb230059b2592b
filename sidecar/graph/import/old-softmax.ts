import type { Assembly } from '../assembly.ts';
import { intAttribute, numberOf } from '../attributes.ts';
import type { Graph, Node } from '../model.ts';
import type { Shapes } from '../shapes.ts';
import { axisOf } from '../shapes/rule.ts';
import { assemblyFor, withTensors } from './workbench.ts';

const families = new Set(['Softmax', 'LogSoftmax', 'Hardmax']);

/**
 * Before operator set 13 a Softmax took all axes from its own on as one. The last axis alone is the same in both; for
 * others the value is made flat and gets its shape back behind it.
 */
export const oldSoftmax = (graph: Graph, opset: number, shapes: Shapes): Graph => {
  if (opset >= 13) return graph;
  const assembly = assemblyFor(graph, 'softmax.', 17);
  for (const node of graph.nodes)
    if (families.has(node.op)) convert(assembly, node, shapes.get(node.inputs[0] ?? '')?.shape.length ?? 0);
    else assembly.keep(node);
  return withTensors({ ...graph, nodes: assembly.nodes() }, assembly.constants());
};

const convert = (assembly: Assembly, node: Node, rank: number): void => {
  const axis = axisOf(numberOf(node, 'axis', 1), rank);
  const last = { axis: intAttribute(-1) };
  if (axis === rank - 1) {
    assembly.keep({ ...node, attributes: last });
    return;
  }
  const [x = '', y = ''] = [node.inputs[0], node.outputs[0]];
  const flat = assembly.add('Flatten', [x], { axis: intAttribute(axis) });
  const shares = assembly.add(node.op, [flat], last);
  assembly.add('Reshape', [shares, assembly.add('Shape', [x])], {}, y);
};
