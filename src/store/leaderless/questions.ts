import type { Answer, Request } from "./api.js";
import { Admission } from "./coordinator/admission.js";
import { failed, type OnAnswer } from "./coordinator/answers.js";
import { DataTypes } from "./coordinator/data-types.js";
import { Forwarding, type Coordinate } from "./coordinator/forwarding.js";
import { Objects } from "./coordinator/objects.js";
import { PassedOnWrites } from "./coordinator/passed-on.js";
import { preferenceListOf } from "./coordinator/preference-list.js";
import type { Reads } from "./coordinator/reads.js";
import { answerSettings, type SettingsRequest } from "./coordinator/settings.js";
import { SpreadingSettings } from "./coordinator/spreading-settings.js";
import type { Surroundings } from "./coordinator/surroundings.js";
import type { Writes } from "./coordinator/writes.js";
import type { Listings } from "./listing/listings.js";
import type { Coordinated, Message } from "./messages.js";

/** Gives each question of a client, and each write that another node passes on, to whoever answers it. */
export class Questions {
  readonly #around: Surroundings;
  readonly #admission = new Admission();
  readonly #forwarding: Forwarding;
  readonly #passedOn: PassedOnWrites;
  readonly #objects: Objects;
  readonly #dataTypes: DataTypes;
  readonly #listings: Listings;
  readonly #spreading: SpreadingSettings;
  #askedAtMs = -Infinity;

  constructor(around: Surroundings, reads: Reads, writes: Writes, listings: Listings) {
    this.#listings = listings;
    this.#around = around;
    this.#spreading = new SpreadingSettings(around);
    const coordinate: Coordinate = (request, onAnswer, wallMs) => this.#coordinate(request, onAnswer, wallMs);
    this.#forwarding = new Forwarding(around, writes, coordinate);
    this.#passedOn = new PassedOnWrites({ ...around, forwarding: this.#forwarding });
    this.#objects = new Objects(around, reads, writes, this.#forwarding);
    this.#dataTypes = new DataTypes(around, reads, writes, this.#forwarding);
  }

  /** When a client last asked something. */
  get askedAtMs(): number {
    return this.#askedAtMs;
  }

  ask(id: number, request: Request, answer: OnAnswer): void {
    this.#askedAtMs = this.#around.nowMs();
    // a node that has not met its cluster yet would find nothing, and say so
    const onAnswer = this.#around.isReady() ? this.#admission.admit(request, answer) : undefined;
    if (onAnswer === undefined) return answer(failed({ type: "overload" }, true));
    switch (request.type) {
      case "get":
        return this.#objects.get(request, onAnswer);
      case "put":
        return this.#forwarding.begin(request, onAnswer);
      case "delete":
        return this.#objects.delete(request, onAnswer);
      case "fetchDataType":
        return this.#dataTypes.fetch(request, onAnswer);
      case "updateDataType":
        return this.#dataTypes.update(request, onAnswer);
      case "bucketProperties":
      case "setBucketProperties":
      case "resetBucketProperties":
      case "typeProperties":
      case "setTypeProperties":
      case "createBucketType":
      case "activateBucketType":
      case "bucketTypeStatus":
      case "listBucketTypes":
        return this.#settings(request, onAnswer);
      case "listBuckets":
      case "listKeys":
      case "index":
        return this.#listings.begin(id, request, onAnswer);
      case "preferenceList":
        return onAnswer(preferenceListOf(request.name, this.#around));
    }
  }

  /**
   * Nobody waits for the answer any more. What lists would go on for as long as its client takes for the next page; all else is soon over by itself, and
   * may be a write that others have begun already.
   */
  cancel(id: number): void {
    this.#listings.cancel(id);
  }

  #settings(request: SettingsRequest, onAnswer: OnAnswer): void {
    const { self, defaults, clusterState, changeState } = this.#around;
    const outcome = answerSettings(request, { self, defaults, state: clusterState() });
    if (!("state" in outcome) || outcome.state === undefined) return onAnswer(outcome.answer);
    this.#spreading.begin(changeState(outcome.state), () => onAnswer(outcome.answer));
  }

  /** Another node may know by now what clients have set here. */
  settingsHeard(): void {
    this.#spreading.look();
  }

  /** Coordinates a write, where this node keeps a copy of its object. */
  #coordinate(request: Coordinated, onAnswer: OnAnswer, wallMs?: number): void {
    if (!this.#around.isReady()) return onAnswer(failed({ type: "overload" }, true));
    switch (request.type) {
      case "put":
        return this.#objects.coordinatePut(request, onAnswer, wallMs);
      case "updateDataType":
        return this.#dataTypes.coordinateUpdate(request, onAnswer);
    }
  }

  /** A write that another node wants to have coordinated here. */
  received(message: Extract<Message, { readonly type: "forward" }>): void {
    this.#passedOn.take(message);
  }

  offered(from: string, request: number): void {
    this.#passedOn.offered(from, request);
  }

  ready(from: string, request: number, isReady: boolean): void {
    this.#forwarding.ready(from, request, isReady);
  }

  forwarded(from: string, request: number, answer: Answer<Request["type"]>): void {
    this.#forwarding.replied(from, request, answer);
  }

  /** Nothing that was asked of this member will be answered. */
  lost(member: string): void {
    this.#forwarding.lost(member);
  }

  /** Time has passed. */
  tick(): void {
    this.#forwarding.tick();
    this.#spreading.look();
  }

  /** Time may have passed: whoever is silent for too long is held to be lost. */
  lookForSilent(): void {
    this.#forwarding.lookForSilent();
  }
}
