// Shows what is taken for a secret and what is not, in names, lists, texts and whole values.
import fc from "fast-check";
import { expect, test } from "vitest";
import { maskSecrets, maskText, namesSecret } from "../../src/core/secrets.js";

test.each([
  ["DB_PASSWORD", true],
  ["POSTGRES_PASSWORD_FILE", true],
  ["password", true],
  ["PGPASS", true],
  ["MYSQL_PWD", true],
  ["passwd", true],
  ["clientSecret", true],
  ["GITHUB_TOKEN", true],
  ["accessTokens", true],
  ["API_KEY", true],
  ["apiKey", true],
  ["APIKEY", true],
  ["AWS_ACCESS_KEY_ID", true],
  ["AWS_SECRET_ACCESS_KEY", true],
  ["SSH_PRIVATE_KEY", true],
  ["credentials", true],
  ["GOOGLE_APPLICATION_CREDENTIALS", true],
  ["Authorization", true],
  ["X-Auth-Token", true],
  ["Cookie", true],
  ["SENTRY_DSN", true],
  ["KEY", true],
  ["PATH", false],
  ["NODE_ENV", false],
  ["KEYBOARD", false],
  ["AUTHOR", false],
  ["PASSAGE", false],
  ["SandboxKey", false],
  ["DEVIOUS_MEMBERS", false],
  ["DEVIOUS_TOKEN", false],
  ["DEVIOUS_SHIP_HEADERS", true],
  ["DEVIOUS_SHIP_OTLP", false],
  ["OTEL_EXPORTER_OTLP_HEADERS", true],
])("a name: %s", (name, isSecret) => {
  expect(namesSecret(name)).toBe(isSecret);
});

test.each([
  ["postgres://admin:hunter2@db:5432/shop", "postgres://***@db:5432/shop"],
  ["amqp://u:p@ss/w#rd@mq:5672", "amqp://***@mq:5672"],
  ["https://ghp_abc@github.com/x/y", "https://***@github.com/x/y"],
  ["redis://:hunter2@cache", "redis://***@cache"],
  ["http://kv-1:2379/health", "http://kv-1:2379/health"],
  ["jdbc:mysql://db/shop?user=a&password=hunter2&ssl=true", "jdbc:mysql://db/shop?user=a&password=***&ssl=true"],
  ["host=db user=a password='hunter 2' dbname=shop", "host=db user=a password=*** dbname=shop"],
  ["Server=db;Password=hunter2;Pooling=true", "Server=db;Password=***;Pooling=true"],
  ["mysql --user a --password hunter2 --host db", "mysql --user a --password *** --host db"],
  ['{"user":"a","password":"hunter2","pin":1}', '{"user":"a","password":"***","pin":1}'],
  ["curl -H 'Authorization: Bearer abcdefgh12345678'", "curl -H 'Authorization: Bearer ***'"],
  ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "***\nrest"],
  ["the key is under the mat", "the key is under the mat"],
  ["node /devious/store.mjs", "node /devious/store.mjs"],
])("a text: %s", (text, masked) => {
  expect(maskText(text)).toBe(masked);
});

test("what the engine says of a container keeps everything but its secrets", () => {
  expect(
    maskSecrets({
      Id: "abc",
      Config: {
        Env: ["PATH=/bin", "DB_PASSWORD=a b=c", "URL=http://u:p@h/", "DEVIOUS_MEMBERS=1=n1,2=n2", "EMPTY_TOKEN="],
        Cmd: ["serve", "--api-key", "hunter2", "--token=hunter2", "--auth", "--verbose", "--port", "80"],
        Labels: { "shop.token": "hunter2", "devious.node": "n1" },
        Tty: false,
      },
      NetworkSettings: { SandboxKey: "/var/run/docker/netns/1", Ports: {} },
      Secrets: [{ name: "hunter2", nested: { value: 7 } }],
      HostConfig: { Memory: 0, RestartPolicy: null },
    }),
  ).toEqual({
    Id: "abc",
    Config: {
      Env: ["PATH=/bin", "DB_PASSWORD=***", "URL=http://***@h/", "DEVIOUS_MEMBERS=1=n1,2=n2", "EMPTY_TOKEN=***"],
      Cmd: ["serve", "--api-key", "***", "--token=***", "--auth", "--verbose", "--port", "80"],
      Labels: { "shop.token": "***", "devious.node": "n1" },
      Tty: false,
    },
    NetworkSettings: { SandboxKey: "/var/run/docker/netns/1", Ports: {} },
    Secrets: [{ name: "***", nested: { value: "***" } }],
    HostConfig: { Memory: 0, RestartPolicy: null },
  });
});

test("no secret survives under a secret's name, whatever it is, and masking twice is masking once", () => {
  const secret = fc.string({ minLength: 6 }).map((text) => `§${text}§`);
  fc.assert(
    fc.property(secret, fc.constantFrom("DB_PASSWORD", "api-key", "Token"), (text, name) => {
      const masked = maskSecrets({ env: [`${name}=${text}`], map: { [name]: { deep: [text] } }, args: [`--${name}`, text] });
      expect(JSON.stringify(masked)).not.toContain(JSON.stringify(text).slice(1, -1));
      expect(maskSecrets(masked)).toEqual(masked);
    }),
  );
});
