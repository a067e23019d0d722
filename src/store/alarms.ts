/** What can be wrong with a member so that all must know; the numbers are those of etcd's `AlarmType`. */
export const alarmType = { none: 0, noSpace: 1, corrupt: 2 } as const;

export interface Alarm {
  /** uint64: whoever sets an alarm by hand may name any. */
  readonly member: bigint;
  readonly type: number;
}

/** As JSON: members as decimal text. */
export type AlarmsPart = readonly (readonly [member: string, type: number])[];

/** The alarms that are on, by type, then by member. Part of the replicated state. */
export class Alarms {
  readonly #on: Alarm[] = [];

  static restore(part: AlarmsPart): Alarms {
    const alarms = new Alarms();
    for (const [member, type] of part) alarms.activate({ member: BigInt(member), type });
    return alarms;
  }

  part(): AlarmsPart {
    return this.#on.map(({ member, type }) => [String(member), type]);
  }

  /** Of a type, or of all of them. */
  list(type: number = alarmType.none): readonly Alarm[] {
    return this.#on.filter((alarm) => type === alarmType.none || alarm.type === type);
  }

  isOn(type: number): boolean {
    return this.#on.some((alarm) => alarm.type === type);
  }

  activate(alarm: Alarm): void {
    if (this.#find(alarm) >= 0) return;
    this.#on.push(alarm);
    this.#on.sort((a, b) => a.type - b.type || Number(a.member > b.member) - Number(a.member < b.member));
  }

  /** Whether it was on. */
  deactivate(alarm: Alarm): boolean {
    const at = this.#find(alarm);
    if (at >= 0) this.#on.splice(at, 1);
    return at >= 0;
  }

  #find({ member, type }: Alarm): number {
    return this.#on.findIndex((alarm) => alarm.member === member && alarm.type === type);
  }
}
