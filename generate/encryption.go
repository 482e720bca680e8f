package generate

import (
	"path"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var encryption = &Generator{
	Name: "encryption",
	Doc: `encrypt Secrets and ConfigMaps before they reach etcd

With a KMS the data keys are wrapped by a key that never leaves it. Without one, secretbox uses a key that bootstrap.sh
makes on the first control-plane node: the file of the tree has a mark in its place, which the API server refuses. There
is no identity provider, so that a plain-text object planted in etcd is not read either.`,
	Controls: []model.ControlID{model.SecretsEncrypted},
	Kinds:    objectKinds(apiServerConfigVersion, "EncryptionConfiguration"),
	Run:      runEncryption,
}

// encryptionKeyMark stands in the file of the tree where the node puts the key.
const encryptionKeyMark = "@ENCRYPTION_KEY@"

func runEncryption(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		file := hardeningFile(c, "encryption.yaml")
		provider := apiserverv1.ProviderConfiguration{Secretbox: &apiserverv1.SecretboxConfiguration{
			Keys: []apiserverv1.Key{{Name: "key1", Secret: encryptionKeyMark}},
		}}
		doc := "EncryptionConfiguration of the API server; the key is made on the first control-plane node"
		if c.Encryption.KMS != "" {
			provider = apiserverv1.ProviderConfiguration{KMS: &apiserverv1.KMSConfiguration{
				APIVersion: "v2",
				Name:       "kms",
				Endpoint:   c.Encryption.KMS,
				Timeout:    &metav1.Duration{Duration: 3 * time.Second},
			}}
			doc = "EncryptionConfiguration of the API server; the key stays in the KMS"
		}
		p.Claim(model.SecretsEncrypted, c.Addr(), file)
		if err := p.YAML(Artifact{
			Path: file, Doc: doc, Where: "each control-plane node, in " + HardeningDir,
		}, apiserverv1.EncryptionConfiguration{
			TypeMeta: typeMeta(apiServerConfigVersion, "EncryptionConfiguration"),
			Resources: []apiserverv1.ResourceConfiguration{{
				Resources: []string{"configmaps", "secrets"},
				Providers: []apiserverv1.ProviderConfiguration{provider},
			}},
		}); err != nil {
			return err
		}
	}
	return nil
}

// kmsSocketDir is the directory of the KMS plugin's socket, which the API server mounts; empty without a KMS.
func kmsSocketDir(c *model.Cluster) string {
	if c.Encryption.KMS == "" {
		return ""
	}
	return path.Dir(strings.TrimPrefix(c.Encryption.KMS, "unix://"))
}
