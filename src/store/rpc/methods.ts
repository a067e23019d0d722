import type { Methods } from "../io/grpc.js";
import type { Store } from "./store.js";
import type { CallCounts } from "./counted.js";
import { authService } from "./auth.js";
import { clusterService } from "./cluster.js";
import { guarded } from "./guard.js";
import { kvService } from "./kv.js";
import { notOfLearners } from "./learner.js";
import { leaseService } from "./lease.js";
import { maintenanceService } from "./maintenance.js";
import { watchService } from "./watch.js";

/** Every call of etcd 3.4's API, as the gRPC server takes them, and each counted. */
export function etcdMethods(store: Store, counts: CallCounts): Methods {
  const calls = [
    ...kvService(store),
    ...leaseService(store),
    ...watchService(store),
    ...clusterService(store),
    ...maintenanceService(store),
    ...authService(store),
  ];
  return new Map(
    calls.map(({ path, method }) => {
      const known = guarded(path, method, () => store.access);
      return [
        path,
        counts.counted(
          path,
          notOfLearners(path, known, () => store.isLearner()),
        ),
      ];
    }),
  );
}
