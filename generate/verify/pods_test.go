package verify

import (
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

const (
	cartFile   = "namespaces/shop/apps/cart/workload.yaml"
	payFile    = "namespaces/shop/apps/pay/workload.yaml"
	reportFile = "namespaces/shop/apps/report/workload.yaml"
	// What cart's secrets are made of.
	cartSecrets = "namespaces/shop/apps/cart/secrets.yaml"
	cartStore   = "namespaces/shop/guard/store.vault.yaml"
	cartAddr    = "workload.shop.cart"
	payAddr     = "workload.shop.pay"
)

// strayPod passes for a pod of the cart: it has its label.
const strayPod = `apiVersion: v1
kind: Pod
metadata:
  name: stray
  namespace: shop
  labels: {app.kubernetes.io/name: cart}
spec:
  containers:
  - name: stray
    image: evil.example.com/x
`

// What the CSI driver mounts is the declared property, fetched as the workload and mounted where it is meant to be.
func TestEditsOfSecretVolumesAreFound(t *testing.T) {
	const classes = "namespaces/shop/apps/report/secretvolumes.yaml"
	edit := func(name, file, old, new string) treeEdit {
		return treeEdit{name: name, control: model.SecretsAsFiles, subject: "workload.shop.report", file: file, old: old, new: new}
	}
	runMutations(t, manifestSpec(), []treeEdit{
		edit("another entry", classes, "secret/data/shop/mail", "secret/data/payments/card"),
		edit("another property", classes, `"secretKey":"password"`, `"secretKey":"token"`),
		edit("another file", classes, `"objectName":"password"`, `"objectName":"../password"`),
		edit("writable", classes, `"filePermission":292`, `"filePermission":438`),
		edit("one more", classes, `[{`, `[{"objectName":"x","secretPath":"secret/data/payments/card","secretKey":"x","filePermission":292},{`),
		edit("another server", classes, "https://vault.example.internal:8200", "https://vault.example.org:8200"),
		edit("another role", classes, "roleName: prod-shop-report", "roleName: prod-shop-cart"),
		edit("without TLS", classes, "    roleName:", "    vaultSkipTLSVerify: \"true\"\n    roleName:"),
		edit("another provider", classes, "provider: vault", "provider: file"),
		edit("copied into a Secret", classes, "  provider: vault", "  secretObjects: [{secretName: x, type: Opaque, data: [{key: x, objectName: password}]}]\n  provider: vault"),
		edit("another class", reportFile, "secretProviderClass: report-mail", "secretProviderClass: other"),
		edit("an attribute more", reportFile, "secretProviderClass: report-mail", "secretProviderClass: report-mail\n                  x: y"),
		edit("writable volume", reportFile, "driver: secrets-store.csi.k8s.io\n              readOnly: true", "driver: secrets-store.csi.k8s.io"),
		edit("a credential of the driver", reportFile, "driver: secrets-store.csi.k8s.io", "driver: secrets-store.csi.k8s.io\n              nodePublishSecretRef: {name: x}"),
		{name: "another driver", control: model.NoHostPaths, subject: "workload.shop.report", file: reportFile, old: "driver: secrets-store.csi.k8s.io", new: "driver: hostpath.csi.k8s.io"},
		{name: "an unknown class", control: model.NoHostPaths, subject: "workload.shop.report", file: reportFile, old: "secretProviderClass: report-mail", new: "secretProviderClass: other"},
	})
}

// An attacker wants a credential sent to another host, another credential sent, or one where it does not belong.
func TestEditsOfPullSecretsAreFound(t *testing.T) {
	const (
		pull    = "namespaces/shop/guard/pull.main.yaml"
		account = "namespaces/shop/guard/account.cart.yaml"
		names   = "imagePullSecrets:\n      - name: pull.main\n"
		list    = "imagePullSecrets:\n      - name: pull.native\n"
		second  = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x, namespace: shop}\nspec: {target: {name: pull.main}}\n"
		plain   = "apiVersion: v1\nkind: Secret\nmetadata: {name: pull.native, namespace: shop}\n"
		control = model.ImageRegistry
	)
	edit := func(name, subject, file, old, new string) treeEdit {
		return treeEdit{name: name, control: control, subject: model.Address(subject), file: file, old: old, new: new}
	}
	runMutations(t, manifestSpec(), []treeEdit{
		edit("not named", cartAddr, cartFile, names, ""),
		edit("another", cartAddr, cartFile, names, list),
		edit("one more", cartAddr, cartFile, names, names+"      - name: pull.native\n"),
		edit("one more, fetched", payAddr, payFile, list, list+"      - name: pull.main\n"),
		edit("on the account", cartAddr, account, "kind: ServiceAccount\n", "kind: ServiceAccount\nimagePullSecrets: [{name: pull.native}]\n"),
		edit("any host", cartAddr, pull, `"registry.example.com/shop/"`, `"*.example.com"`),
		edit("the whole host", cartAddr, pull, `"registry.example.com/shop/"`, `"registry.example.com"`),
		edit("a longer name", cartAddr, pull, `"registry.example.com/shop/"`, `"registry.example.com/shop"`),
		edit("a second host", cartAddr, pull, `{"auths":{`, `{"auths":{"evil.example.org":{"auth":"eDp5"},`),
		edit("a helper", cartAddr, pull, `{"auths":{`, `{"credHelpers":{},"auths":{`),
		edit("another template", cartAddr, pull, "b64enc }}", "b64enc }}{{ .username }}"),
		edit("a second template", cartAddr, pull, `{"auths":{`, `{{ define "x" }}{{ end }}{"auths":{`),
		edit("another entry", cartAddr, pull, "key: registries/main", "key: registries/admin"),
		edit("another property", cartAddr, pull, "property: password", "property: token"),
		edit("all of an entry", cartAddr, pull, "  data:\n  - remoteRef", "  dataFrom: [{extract: {key: registries/admin}}]\n  data:\n  - remoteRef"),
		edit("another store", cartAddr, pull, "kind: SecretStore", "kind: ClusterSecretStore"),
		edit("another type", cartAddr, pull, "type: kubernetes.io/dockerconfigjson", "type: Opaque"),
		edit("a further key", cartAddr, pull, "      data:\n", "      data:\n        x: y\n"),
		edit("another engine", cartAddr, pull, "engineVersion: v2", "engineVersion: v1"),
		edit("another name", cartAddr, pull, "    name: pull.main\n", "    name: pull.other\n"),
		{name: "made twice", control: control, subject: cartAddr, add: "namespaces/shop/guard/second.yaml", content: second},
		{name: "native, and made", control: control, subject: payAddr, add: "namespaces/shop/guard/second.yaml", content: plain},
	})
}

func TestEditsOfPodsAreFound(t *testing.T) {
	initContainer := "      initContainers:\n      - image: registry.example.com/shop/cart:v1\n        name: evil\n      nodeSelector: {}\n      priorityClassName"
	runMutations(t, manifestSpec(), []treeEdit{
		{name: "privileged", control: model.NoPrivileged, subject: cartAddr, file: cartFile, old: "privileged: false", new: "privileged: true"},
		{name: "privileged", control: model.PodRestricted, subject: cartAddr, file: cartFile, old: "privileged: false", new: "privileged: true"},
		{name: "privileged init container", control: model.NoPrivileged, subject: cartAddr, file: cartFile, old: "      priorityClassName",
			new: "      initContainers:\n      - name: evil\n        securityContext: {privileged: true}\n      priorityClassName"},
		{name: "privileged ephemeral container", control: model.NoPrivileged, subject: cartAddr, file: cartFile, old: "      priorityClassName",
			new: "      ephemeralContainers:\n      - name: evil\n        securityContext: {privileged: true}\n      priorityClassName"},
		{name: "stray pod", control: model.NoPrivileged, subject: cartAddr, add: "namespaces/shop/guard/stray.yaml", content: strayPod},
		{name: "second definition", control: model.NoPrivileged, subject: cartAddr, add: "namespaces/shop/guard/second.yaml",
			content: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec: {selector: {}, template: {}}\n"},
		{name: "host network", control: model.NoHostNamespaces, subject: cartAddr, file: cartFile, old: "      enableServiceLinks: false", new: "      enableServiceLinks: false\n      hostNetwork: true"},
		{name: "host pid", control: model.NoHostNamespaces, subject: cartAddr, file: cartFile, old: "      enableServiceLinks: false", new: "      hostPID: true"},
		{name: "host ipc", control: model.PodRestricted, subject: cartAddr, file: cartFile, old: "      enableServiceLinks: false", new: "      hostIPC: true"},
		{name: "host path", control: model.NoHostPaths, subject: cartAddr, file: cartFile, old: "      volumes:", new: "      volumes:\n      - name: root\n        hostPath: {path: /}"},
		{name: "csi volume", control: model.NoHostPaths, subject: cartAddr, file: cartFile, old: "      volumes:", new: "      volumes:\n      - name: root\n        csi: {driver: hostpath.example.com}"},
		{name: "no drop", control: model.CapabilitiesDropped, subject: cartAddr, file: cartFile, old: "drop:\n            - ALL", new: "drop:\n            - NET_RAW"},
		{name: "added", control: model.CapabilitiesDropped, subject: cartAddr, file: cartFile, old: "drop:\n            - ALL", new: "drop:\n            - ALL\n            add:\n            - SYS_ADMIN"},
		{name: "added beyond the default", control: model.NoAddedCapabilities, subject: cartAddr, file: cartFile, old: "drop:\n            - ALL", new: "drop:\n            - ALL\n            add:\n            - SYS_ADMIN"},
		{name: "no container context", control: model.CapabilitiesDropped, subject: cartAddr, file: cartFile, old: "      priorityClassName", new: initContainer},
		{name: "unconfined", control: model.SeccompProfile, subject: cartAddr, file: cartFile, old: "seccompProfile:\n            type: RuntimeDefault", new: "seccompProfile:\n            type: Unconfined"},
		{name: "local profile", control: model.SeccompProfile, subject: cartAddr, file: cartFile, old: "seccompProfile:\n            type: RuntimeDefault", new: "seccompProfile:\n            type: Localhost\n            localhostProfile: allow.json"},
		{name: "root", control: model.NonRoot, subject: cartAddr, file: cartFile, old: "runAsUser: 10001", new: "runAsUser: 0"},
		{name: "root by image", control: model.NonRoot, subject: cartAddr, file: cartFile, old: "runAsNonRoot: true", new: "runAsNonRoot: false"},
		{name: "root group", control: model.NonRoot, subject: cartAddr, file: cartFile, old: "runAsGroup: 10002", new: "runAsGroup: 0"},
		{name: "supplemental root", control: model.NonRoot, subject: cartAddr, file: cartFile, old: "supplementalGroupsPolicy: Strict", new: "supplementalGroups: [0]"},
		{name: "escalation", control: model.NonRoot, subject: cartAddr, file: cartFile, old: "allowPrivilegeEscalation: false", new: "allowPrivilegeEscalation: true"},
		{name: "escalation by default", control: model.NonRoot, subject: cartAddr, file: cartFile, old: "          allowPrivilegeEscalation: false\n", new: ""},
		{name: "writable root", control: model.ReadOnlyRoot, subject: cartAddr, file: cartFile, old: "readOnlyRootFilesystem: true", new: "readOnlyRootFilesystem: false"},
		{name: "same user", control: model.SiblingIsolation, subject: cartAddr, file: cartFile, old: "runAsUser: 10002", new: "runAsUser: 10001"},
		{name: "shared processes", control: model.SiblingIsolation, subject: cartAddr, file: cartFile, old: "shareProcessNamespace: false", new: "shareProcessNamespace: true"},
		{name: "shared volume", control: model.SiblingIsolation, subject: cartAddr, file: cartFile, old: "        name: proxy\n", new: "        name: proxy\n        volumeMounts:\n        - {name: tmp, mountPath: /tmp}\n"},
		{name: "automount", control: model.NoToken, subject: cartAddr, file: cartFile, old: "automountServiceAccountToken: false", new: "automountServiceAccountToken: true"},
		{name: "automount by default", control: model.NoToken, subject: cartAddr, file: cartFile, old: "      automountServiceAccountToken: false\n", new: ""},
		{name: "automount on the account", control: model.NoToken, subject: cartAddr, file: "namespaces/shop/guard/account.cart.yaml", old: "automountServiceAccountToken: false\n", new: ""},
		{name: "projected token", control: model.NoToken, subject: cartAddr, file: cartFile, old: "      volumes:", new: "      volumes:\n      - name: token\n        projected: {sources: [{serviceAccountToken: {path: t}}]}"},
		{name: "eternal token", control: model.NoToken, subject: cartAddr, add: "namespaces/shop/guard/token.yaml",
			content: "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\nmetadata: {name: t, namespace: shop, annotations: {kubernetes.io/service-account.name: cart}}\n"},
		{name: "default account", control: model.OwnAccount, subject: cartAddr, file: cartFile, old: "serviceAccountName: cart", new: "serviceAccountName: default"},
		{name: "shared account", control: model.OwnAccount, subject: cartAddr, file: payFile, old: "serviceAccountName: pay", new: "serviceAccountName: cart"},
		{name: "old field", control: model.OwnAccount, subject: cartAddr, file: cartFile, old: "serviceAccountName: cart", new: "serviceAccountName: cart\n      serviceAccount: report"},
		{name: "variable", control: model.SecretsAsFiles, subject: cartAddr, file: cartFile, old: "        name: proxy\n", new: "        name: proxy\n        env:\n        - {name: P, valueFrom: {secretKeyRef: {name: cart-redis, key: p}}}\n"},
		{name: "variables", control: model.SecretsAsFiles, subject: cartAddr, file: cartFile, old: "        name: proxy\n", new: "        name: proxy\n        envFrom: [{secretRef: {name: cart-redis}}]\n"},
		{name: "a sibling's secret", control: model.SecretsAsFiles, subject: cartAddr, file: cartFile, old: "        name: proxy\n", new: "        name: proxy\n        volumeMounts: [{name: secret-redis, mountPath: /x, readOnly: true}]\n"},
		{name: "another Secret", control: model.SecretsAsFiles, subject: cartAddr, file: cartFile, old: "secretName: cart-redis", new: "secretName: pull.main"},
		{name: "an unknown Secret", control: model.SecretsAsFiles, subject: cartAddr, file: cartFile, old: "secretName: cart-redis", new: "secretName: etcd"},
		{name: "a Secret among files", control: model.SecretsAsFiles, subject: cartAddr, file: cartFile, old: "      volumes:\n", new: "      volumes:\n      - name: more\n        projected: {sources: [{secret: {name: etcd}}]}\n"},
		{name: "another entry", control: model.SecretsAsFiles, subject: cartAddr, file: cartSecrets, old: "key: shop/cart/redis", new: "key: payments/card"},
		{name: "one property more", control: model.SecretsAsFiles, subject: cartAddr, file: cartSecrets, old: "spec:\n", new: "spec:\n  data: [{secretKey: x, remoteRef: {key: payments/card, property: x}}]\n"},
		{name: "all entries", control: model.SecretsAsFiles, subject: cartAddr, file: cartSecrets, old: "  - extract:\n", new: "  - find: {name: {regexp: .*}}\n    extract:\n"},
		{name: "a template", control: model.SecretsAsFiles, subject: cartAddr, file: cartSecrets, old: "  target:\n", new: "  target:\n    template: {data: {x: y}}\n"},
		{name: "everybody's store", control: model.SecretsAsFiles, subject: cartAddr, file: cartSecrets, old: "kind: SecretStore", new: "kind: ClusterSecretStore"},
		{name: "values", control: model.SecretsAsFiles, subject: cartAddr, add: "namespaces/shop/guard/values.yaml", content: "apiVersion: v1\nkind: Secret\nmetadata: {name: cart-redis, namespace: shop}\n"},
		{name: "another server", control: model.SecretsAsFiles, subject: cartAddr, file: cartStore, old: "https://vault.example.internal:8200", new: "https://vault.example.org:8200"},
		{name: "another role", control: model.SecretsAsFiles, subject: cartAddr, file: cartStore, old: "role: prod-shop", new: "role: prod-payments"},
		{name: "a pod's account", control: model.SecretsAsFiles, subject: cartAddr, file: cartStore, old: "            name: store.vault", new: "            name: cart"},
		{name: "the default account", control: model.SecretsAsFiles, subject: cartAddr, file: cartStore, old: "            name: store.vault", new: "            name: default"},
		{name: "an unknown account", control: model.SecretsAsFiles, subject: cartAddr, file: cartStore, old: "            name: store.vault", new: "            name: admin"},
		{name: "another login", control: model.SecretsAsFiles, subject: cartAddr, file: cartStore, old: "        kubernetes:\n", new: "        tokenSecretRef: {name: x}\n        kubernetes:\n"},
		{name: "another server", control: model.ImageRegistry, subject: cartAddr, file: cartStore, old: "https://vault.example.internal:8200", new: "https://vault.example.org:8200"},
		{name: "no memory limit", control: model.Limits, subject: cartAddr, file: cartFile, old: "            memory: 128Mi\n", new: ""},
		{name: "higher limit", control: model.Limits, subject: cartAddr, file: cartFile, old: "memory: 128Mi", new: "memory: 1Ti"},
		{name: "unbounded volume", control: model.Limits, subject: cartAddr, file: cartFile, old: "emptyDir:\n          sizeLimit: 64Mi", new: "emptyDir: {}"},
		{name: "tag", control: model.ImageDigest, subject: cartAddr, file: cartFile, old: "@sha256:abababababababababababababababababababababababababababababababab", new: ""},
		{name: "other digest", control: model.ImageDigest, subject: cartAddr, file: cartFile, old: "@sha256:ab", new: "@sha256:cd"},
		{name: "another container", control: model.ImageDigest, subject: cartAddr, file: cartFile, old: "name: proxy\n", new: "name: evil\n"},
		{name: "other registry", control: model.ImageRegistry, subject: cartAddr, file: cartFile, old: "registry.example.com/shop/cart", new: "registry.example.com.evil.org/shop/cart"},
		{name: "other path", control: model.ImageRegistry, subject: cartAddr, file: cartFile, old: "registry.example.com/shop/cart", new: "registry.example.com/shopping/cart"},
		{name: "no host", control: model.ImageRegistry, subject: cartAddr, file: cartFile, old: "registry.example.com/shop/cart", new: "shop/cart"},
		{name: "no selector", control: model.PoolIsolation, subject: payAddr, file: payFile, old: "node-restriction.kubernetes.io/pool: sandbox", new: "node-restriction.kubernetes.io/pool: general"},
		{name: "named node", control: model.PoolIsolation, subject: payAddr, file: payFile, old: "      nodeSelector:", new: "      nodeName: gen-1\n      nodeSelector:"},
		{name: "neighbour", control: model.PoolIsolation, subject: payAddr, file: cartFile, old: "      priorityClassName", new: "      tolerations:\n      - operator: Exists\n      priorityClassName"},
		{name: "neighbour by name", control: model.PoolIsolation, subject: payAddr, file: cartFile, old: "      priorityClassName", new: "      nodeName: pay-1\n      priorityClassName"},
		{name: "no class", control: model.RuntimeSandbox, subject: payAddr, file: payFile, old: "      runtimeClassName: gvisor\n", new: ""},
		{name: "other handler", control: model.RuntimeSandbox, subject: payAddr, file: "platform/runtimes.yaml", old: "handler: runsc", new: "handler: runc"},
		{name: "baseline", control: model.PodSecurityEnforced, subject: "namespace.shop", file: "namespaces/shop/guard/namespace.yaml", old: "enforce: restricted", new: "enforce: baseline"},
		{name: "old version", control: model.PodSecurityEnforced, subject: "namespace.shop", file: "namespaces/shop/guard/namespace.yaml", old: "enforce-version: v1.36", new: "enforce-version: v1.20"},
		{name: "no label", control: model.PodSecurityEnforced, subject: "namespace.shop", file: "namespaces/shop/guard/namespace.yaml", old: "pod-security.kubernetes.io/enforce: restricted", new: "x: restricted"},
		{name: "baseline", control: model.NoPrivileged, subject: "workload.shop.legacy", file: "namespaces/shop/guard/namespace.yaml", old: "enforce: restricted", new: "enforce: baseline"},
		{name: "not applied", control: model.ReadOnlyRoot, subject: cartAddr, file: "namespaces/shop/apps/kustomization.yaml", old: "- cart\n", new: ""},
		{name: "patched", control: model.ReadOnlyRoot, subject: cartAddr, file: "namespaces/shop/apps/cart/kustomization.yaml", old: "kind: Kustomization", new: "kind: Kustomization\npatches: [{path: p.yaml}]"},
		{name: "root", control: model.NonRoot, subject: "workload.shop.report", file: reportFile, old: "runAsUser: 10001", new: "runAsUser: 0"},
	})
}
