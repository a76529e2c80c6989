// What an anomaly makes of an experiment that runs.
import { describe, expect, it } from 'vitest';
import { CLOCKS_APART_MS } from '../../../../src/state/incident.ts';
import { experimentAdmitted } from '../../../support/experiment.ts';
import { ExperimentPlay } from '../../../support/experiment-run.ts';

const ANOMALY = { anomaly_type: 'quality_drop', affected_services: ['support-bot'] };

/** One that has been looked at once. */
const looked = (): ExperimentPlay =>
  new ExperimentPlay(experimentAdmitted({})).until((_, { state }) => state.looks === 1);

describe('an anomaly while it runs', () => {
  it.each([
    ['critical', {}, 'rolledBack', null, /restored/u, /restore/u],
    ['low', { anomaly_type: 'security_breach' }, 'rolledBack', null, /security alert: restored/u, /restore/u],
    ['high', {}, undefined, true, /everybody gets the stable configuration/u, /takeArmsAway/u],
    ['medium', {}, undefined, false, /a cycle looks at the service/u, /tick|wait/u],
    ['low', {}, undefined, null, /logged/u, /tick|wait/u],
  ] as const)('%s %j', (severity, different, outcome, armsAway, answer, next) => {
    const played = looked();
    expect(played.sends('anomaly', { ...ANOMALY, severity, ...different })).toMatch(answer);
    expect(played.state.ending?.outcome).toBe(outcome);
    expect(played.state.held?.armsAway ?? null).toBe(armsAway);
    expect(played.next.kind).toMatch(next);
  });

  it.each(['critical', 'high', 'medium'])('%s that was raised before it began is logged', (severity) => {
    const played = looked();
    const raisedAtMs = played.state.plan.admittedAtMs - CLOCKS_APART_MS - 1;
    const alert = { ...ANOMALY, anomaly_type: 'security_breach', severity, raised_at_ms: raisedAtMs };
    expect(played.sends('anomaly', alert)).toBe('accepted: logged: raised before this experiment began');
    expect([played.state.ending, played.state.held]).toEqual([null, null]);
    expect(played.state.log.at(-1)?.why).toBe(
      `${severity} anomaly: security_breach; raised ${new Date(raisedAtMs).toISOString()}, before this experiment began`,
    );
    expect(played.sends('anomaly', { ...alert, raised_at_ms: raisedAtMs + 1 })).toMatch(/restored/u);
  });

  describe('that is critical, and no variant is to blame', () => {
    const critical = { ...ANOMALY, severity: 'critical' };
    const fell = 'the control fails as well: 90 % in the newest look, 1 % before';

    it('holds, and takes the arms away, when the last look found the control fallen as well', () => {
      const played = looked().ticks('undecided', { controlFell: fell });
      expect(played.sends('anomaly', critical)).toMatch(/^accepted: held until somebody resumes; everybody/u);
      expect(played.state.held).toMatchObject({
        armsAway: true,
        reason: expect.stringContaining(fell) as string,
      });
      expect([played.state.ending, played.next.kind]).toEqual([null, 'takeArmsAway']);
      expect(played.sends('anomaly', { ...critical, anomaly_type: 'security_breach' })).toMatch(/restored/u);
    });

    it('rolls back once the control has recovered', () => {
      const played = looked().ticks('undecided', { controlFell: fell }).ticks('undecided');
      played.sends('anomaly', critical);
      expect(played.state.ending?.outcome).toBe('rolledBack');
    });

    it('changes nothing while an incident keeps the arms away already', () => {
      const played = looked();
      played.sends('anomaly', { ...ANOMALY, severity: 'high' });
      played.until(({ kind }) => kind === 'wait');
      expect(played.state.served).toBe('no');
      played.sends('anomaly', critical);
      expect([played.state.ending, played.state.held?.armsAway]).toEqual([null, true]);
    });
  });

  it('of another service changes nothing', () => {
    const played = looked();
    const answer = played.sends('anomaly', {
      ...ANOMALY,
      severity: 'critical',
      affected_services: ['code-bot'],
    });
    expect([answer, played.state.ending]).toEqual(['refused: does not concern support-bot', null]);
  });

  it('that is high takes the arms away although a lighter one holds it already, and not the other way round', () => {
    const played = looked();
    played.sends('anomaly', { ...ANOMALY, severity: 'medium' });
    played.sends('anomaly', { ...ANOMALY, severity: 'high' });
    expect(played.state.held?.armsAway).toBe(true);
    played.sends('anomaly', { ...ANOMALY, severity: 'medium' });
    expect(played.state.held?.armsAway).toBe(true);
  });

  it('critical, once there is a winner on its way, takes it back', () => {
    const found = looked().ticks('winner');
    const played = found.happens({ kind: 'restored', atMs: found.nowMs });
    expect(played.state.phase).toBe('graduating');
    played.sends('anomaly', { ...ANOMALY, severity: 'critical' });
    played.toTheEnd();
    expect([played.state.outcome, played.state.graduation]).toEqual(['rolledBack', null]);
  });
});
