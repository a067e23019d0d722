// Shows that alarms are by member and by kind, come in one order whatever order they were raised in, and survive a snapshot.
import fc from "fast-check";
import { expect, it } from "vitest";
import { Alarms } from "../../src/store/alarms.js";

const alarm = fc.record({ member: fc.constantFrom(1n, 3n, 2n ** 64n - 1n), type: fc.constantFrom(1, 2) });
const step = fc.record({ alarm, on: fc.boolean() });

it("is a set", () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const alarms = new Alarms();
      const twin = new Set<string>();
      for (const { alarm: each, on } of steps) {
        const name = `${each.type} ${each.member}`;
        const wasOn = twin.has(name);
        if (on) twin.add(name);
        else twin.delete(name);
        expect(on ? alarms.activate(each) : alarms.deactivate(each)).toBe(on ? undefined : wasOn);
      }
      const names = (type?: number) => alarms.list(type).map((each) => `${each.type} ${each.member}`);
      const inOrder = [...twin].sort(byTypeThenMember);
      expect(names()).toEqual(inOrder);
      expect(names(2)).toEqual(inOrder.filter((name) => name.startsWith("2")));
      expect(alarms.isOn(1)).toBe([...twin].some((name) => name.startsWith("1")));
      const restored = Alarms.restore(JSON.parse(JSON.stringify(alarms.part())) as ReturnType<Alarms["part"]>);
      expect(restored.list()).toEqual(alarms.list());
    }),
  );
});

function byTypeThenMember(a: string, b: string): number {
  const [[typeA, memberA], [typeB, memberB]] = [a.split(" "), b.split(" ")];
  return Number(typeA) - Number(typeB) || Number(memberA) - Number(memberB);
}
