/** Off-policy estimates of a log. */
import { estimateOffPolicy } from '../../../src/bandits/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly log: readonly {
    readonly propensity: number;
    readonly target_prob: number;
    readonly reward: number;
    readonly q_hat: number;
    readonly v_hat: number;
  }[];
  readonly clip: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'ope',
  answer: ({ log, clip }) => {
    const found = estimateOffPolicy(
      log.map(({ propensity, target_prob: targetProbability, reward, q_hat: qHat, v_hat: vHat }) => ({
        propensity,
        targetProbability,
        reward,
        qHat,
        vHat,
      })),
      { clip },
    );
    if (!found.ok) return { undefined: found.reason };
    const { ips, snips, dm, dr, clippedIps, ess, maxWeight } = found.value;
    return {
      ips: ips.value,
      ips_se: ips.se,
      snips: snips?.value ?? null,
      snips_se: snips?.se ?? null,
      dm,
      dr: dr?.value ?? null,
      dr_se: dr?.se ?? null,
      clipped_ips: clippedIps.value,
      ess,
      max_weight: maxWeight,
    };
  },
});
