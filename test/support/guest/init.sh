#!/bin/sh
# PID 1 of the User-Mode Linux guest. The kernel hands over its own `name=value` arguments as environment:
#   guest_limit   seconds after which the guest powers itself off, whoever still waits for it
#   guest_engine  yes: start one
#   guest_shared  a folder of the host, the only place both sides write; holds `job.sh`, perhaps `images.tar`, takes `stdout`, `stderr`, `exit-code`, `dockerd.log`
# The root is the host's whole tree, read-only. Over it goes a layer in memory, so that whatever the guest writes dies with it.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
trap 'echo "guest: init failed"; poweroff -f' EXIT
(
  sleep "$guest_limit"
  echo "guest: not done after $guest_limit s"
  poweroff -f
) &

mount -t proc proc /proc
modules=/usr/lib/uml/modules/$(uname -r)
insmod "$modules/kernel/fs/overlayfs/overlay.ko"
mount -t tmpfs tmpfs /mnt
mkdir /mnt/layer /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/layer,workdir=/mnt/work overlay /mnt/root
cd /mnt/root
mkdir -p .host
pivot_root . .host
exec <.host/dev/null
cd /
umount -l /.host/proc

for folder in proc sys dev run var/lib/docker var/lib/containerd sys/fs/cgroup; do mkdir -p "/$folder"; done
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
for folder in run var/lib/docker var/lib/containerd; do mount -t tmpfs tmpfs "/$folder"; done
mkdir -p /run/shared
mount -t hostfs -o "$guest_shared" none /run/shared
mount -t tmpfs tmpfs /sys/fs/cgroup
grep -v "^#" /proc/cgroups | while read -r controller _; do
  mkdir "/sys/fs/cgroup/$controller"
  mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
done
ip link set lo up
# What a receiver without a processor cannot take yet must wait, not be lost: loss is what these tests measure.
echo 16777216 >/proc/sys/net/core/rmem_max
echo 20000 >/proc/sys/net/core/netdev_max_backlog

mkdir -p "/lib/modules"
ln -sfn "$modules" "/lib/modules/$(uname -r)"
modprobe -a bridge br_netfilter veth nf_nat iptable_nat iptable_filter xt_MASQUERADE xt_conntrack xt_addrtype xt_nat xt_comment \
  xt_statistic xt_multiport ip6_tables ip6table_filter sch_netem sch_htb sch_tbf sch_prio sch_ingress cls_u32 act_gact act_mirred ifb
# This kernel has no nft for IP: Docker needs the older iptables.
ln -sf "$(command -v iptables-legacy)" /etc/alternatives/iptables
ln -sf "$(command -v ip6tables-legacy)" /etc/alternatives/ip6tables

if [ "$guest_engine" = yes ]; then
  dockerd --ip6tables=false >/run/shared/dockerd.log 2>&1 &
  tries=0
  until grep -q "API listen on" /run/shared/dockerd.log; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ]; then
      echo "guest: dockerd does not answer"
      exit 1
    fi
    sleep 0.1
  done
  if [ -f /run/shared/images.tar ]; then docker load --quiet --input /run/shared/images.tar >&2; fi
fi

exit_code=0
sh /run/shared/job.sh >/run/shared/stdout 2>/run/shared/stderr || exit_code=$?
echo "$exit_code" >/run/shared/exit-code
sync
trap - EXIT
poweroff -f
