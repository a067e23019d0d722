/**
 * What can be done to the bundled store from inside: troubles that no namespace can make. The agent asks for them on the store's admin
 * port (node-contract.ts), always the whole state, so that asking twice is asking once and {@link noHooks} is back to normal.
 */

/** Troubles of the disk, all of the write-ahead log. */
export interface DiskTrouble {
  /** Every fsync takes so much longer. */
  readonly fsyncDelayMs: number;
  /** Every fsync fails with EIO; the store must not go on after that. */
  readonly fsyncFails: boolean;
  /** What was not yet fsynced is lost when the process is killed, as in a power cut. */
  readonly losesUnsynced: boolean;
  /** What was not yet fsynced is on the disk in part only when the process is killed. */
  readonly tearsWrites: boolean;
  /** One bit of what is on the disk is other than it was written; it is turned back when this ends, if it is still there. */
  readonly flipsBit: boolean;
}

/** Troubles of the clock as this process sees it. */
export interface ClockTrouble {
  /** The wall clock is off by so much, ahead where positive. */
  readonly skewMs: number;
  /** Wall clock and timers once step so much forward when this begins (a machine that slept), and back in step when it ends. */
  readonly jumpMs: number;
  /** Wall clock and timers run this much faster, slower where negative; in percent: 100 is twice as fast. */
  readonly driftPercent: number;
}

export interface StoreHooks {
  readonly disk: DiskTrouble;
  readonly clock: ClockTrouble;
}

export const noDiskTrouble: DiskTrouble = {
  fsyncDelayMs: 0,
  fsyncFails: false,
  losesUnsynced: false,
  tearsWrites: false,
  flipsBit: false,
};

export const noClockTrouble: ClockTrouble = { skewMs: 0, jumpMs: 0, driftPercent: 0 };

export const noHooks: StoreHooks = { disk: noDiskTrouble, clock: noClockTrouble };
