FROM node:22-bookworm-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends iproute2 iptables netbase nftables util-linux \
 && rm -rf /var/lib/apt/lists/*
COPY devious/ /devious/
CMD ["node", "/devious/store.mjs"]
