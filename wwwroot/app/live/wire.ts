/** The hub's messages as the live line uses them. Their shapes are generated from the server's own: contract.ts. */
import type { Answer as ContractAnswer, View } from '../contract';

export type {
  AudienceState,
  Change,
  Command,
  Dismissed,
  Glimpse,
  Glimpsed,
  Heads,
  Leaving,
  Show,
  Snapshot,
  View,
  Views,
} from '../contract';

export interface Answer extends ContractAnswer {
  kind: 'accepted' | 'alreadySo' | 'refused';
}

export type ViewType = View['type'];

export type Positions = Record<string, number>;
