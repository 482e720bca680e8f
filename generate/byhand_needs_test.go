package generate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNeedsAreWhatNothingMakes(t *testing.T) {
	const external = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: db\n  namespace: shop\nspec:\n  target:\n    name: db-values\n"
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  namespace: shop\nspec:\n  template:\n    spec:\n      volumes:\n      - name: db\n        secret:\n          secretName: db-values\n"
	names := func(files map[string]string) []string {
		t.Helper()
		data := map[string][]byte{}
		for name, text := range files {
			data[name] = []byte(text)
		}
		all, err := needs(data, "clusters/a/manifests")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range all {
			if n.How == "" || n.Path == "" {
				t.Errorf("%+v says nothing", n)
			}
			got = append(got, n.What+" "+n.Name)
		}
		return got
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"mounted from a store", map[string]string{"clusters/a/manifests/b.yaml": "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata:\n  labels:\n    app.kubernetes.io/name: web\n  name: web-db\n  namespace: shop\nspec:\n  parameters:\n    roleName: a-shop-web\n    vaultAddress: https://vault\n"},
			[]string{"Definition (CRD) secrets-store.csi.x-k8s.io/v1 SecretProviderClass", "Driver secrets-store.csi.k8s.io", "Role of Vault a-shop-web"}},
		{"made from a store", map[string]string{"clusters/a/manifests/b.yaml": deployment, "clusters/a/manifests/c.yaml": external}, []string{"Definition (CRD) external-secrets.io/v1 ExternalSecret"}},
		{"made by nobody", map[string]string{"clusters/a/manifests/b.yaml": deployment}, []string{"Secret shop/db-values"}},
		{"made in another cluster", map[string]string{"clusters/a/manifests/b.yaml": deployment, "clusters/ab/manifests/c.yaml": external}, []string{"Secret shop/db-values"}},
		{
			"a gateway", map[string]string{"clusters/a/manifests/b.yaml": "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n  name: g\n  namespace: edge\nspec:\n  gatewayClassName: cilium\n  listeners:\n  - tls:\n      certificateRefs:\n      - kind: Secret\n        name: tls\n      - name: other\n        namespace: keys\n"},
			[]string{"Definition (CRD) gateway.networking.k8s.io/v1 Gateway", "GatewayClass cilium", "Secret edge/tls", "Secret keys/other"},
		},
		{
			"a repository and its keys", map[string]string{"clusters/a/manifests/b.yaml": "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: g\n  namespace: flux-system\nspec:\n  secretRef:\n    name: credentials\n  verify:\n    secretRef:\n      name: signers\n"},
			[]string{"Definition (CRD) source.toolkit.fluxcd.io/v1 GitRepository", "Secret flux-system/credentials", "Secret flux-system/signers"},
		},
		{
			"volumes", map[string]string{"clusters/a/manifests/b.yaml": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: a\nspec:\n  volumeClaimTemplates:\n  - spec:\n      accessModes:\n      - ReadWriteOnce\n      resources: {}\n  - spec:\n      accessModes:\n      - ReadWriteOnce\n      resources: {}\n      storageClassName: fast\n"},
			[]string{"StorageClass fast", "StorageClass the default class"},
		},
		{"no manifest", map[string]string{"clusters/a/cluster/b.yaml": deployment, "clusters/a/manifests/README.md": deployment}, nil},
	} {
		if d := cmp.Diff(tt.want, names(tt.files)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
	if _, err := needs(map[string][]byte{"clusters/a/manifests/b.yaml": []byte("secretName: [")}, "clusters/a/manifests"); err == nil {
		t.Error("what cannot be decoded is passed over")
	}
}

// The names of the secret store and of the repository are those that the examples' files use.
func TestNeedsOfTheExamples(t *testing.T) {
	specs := allSpecifications(t)
	for dir, want := range map[string][]string{
		"../examples/astronomy-shop":  {"Role of Vault astronomy-shop", "Secret edge/public-tls", "Secret of Argo CD https://git.example.com/astronomy/platform", "StorageClass the default class"},
		"../examples/online-boutique": {"Secret edge/public-tls", "Secret flux-system/flux-credentials", "Secret flux-system/flux-signers", "GatewayClass cilium"},
	} {
		set, err := Run(specs[dir], All)
		if err != nil {
			t.Fatal(err)
		}
		all, err := needs(set.Files(), ManifestsDir(specs[dir].Clusters[0]))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, n := range all {
			got[n.What+" "+n.Name] = true
		}
		for _, w := range want {
			if !got[w] {
				t.Errorf("%s: %s is not named among %v", dir, w, all)
			}
		}
	}
}
