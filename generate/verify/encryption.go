package verify

import (
	"fmt"
	"slices"

	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var encryption = &Check{
	Name: "encryption",
	Doc: `Secrets and ConfigMaps are encrypted before they reach etcd, with a key that the tree does not hold

The first provider encrypts, so it must be the KMS that is declared, or secretbox with a mark in the place of the key. A
key in the file is worse than none: everybody who reads the repository has it. CIS Kubernetes Benchmark 1.12, 1.2.27 and
1.2.28; https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/`,
	Controls: []model.ControlID{model.SecretsEncrypted},
	Run:      runEncryption,
}

// keyMark is what stands in the place of the key until bootstrap.sh makes one. The API server refuses it.
const keyMark = "@ENCRYPTION_KEY@"

func runEncryption(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		var c apiserverv1.EncryptionConfiguration
		file, err := k.readHardening("encryption-provider-config", apiServerConfig, "EncryptionConfiguration", &c)
		if err == nil {
			err = encryptionWrong(&c, k.cluster.Encryption.KMS)
		}
		if err != nil {
			p.Find(Finding{Control: model.SecretsEncrypted, Subject: k.cluster.Addr(), Path: file, Object: "EncryptionConfiguration",
				Message: fmt.Sprintf("Secrets are not encrypted as declared: %v.", err)})
			continue
		}
		p.Prove(model.SecretsEncrypted, k.cluster.Addr(), file)
	}
}

// encryptionWrong demands one list of resources: an earlier list would take precedence for what it names.
func encryptionWrong(c *apiserverv1.EncryptionConfiguration, kms string) error {
	if len(c.Resources) != 1 {
		return fmt.Errorf("one list of resources is wanted, there are %d", len(c.Resources))
	}
	for _, r := range []string{"secrets", "configmaps"} {
		if !slices.Contains(c.Resources[0].Resources, r) {
			return fmt.Errorf("%s are not in the list of resources", r)
		}
	}
	for i, p := range c.Resources[0].Providers {
		kinds := 0
		for _, set := range []bool{p.AESGCM != nil, p.AESCBC != nil, p.Secretbox != nil, p.Identity != nil, p.KMS != nil} {
			if set {
				kinds++
			}
		}
		switch {
		case kinds != 1 || p.AESGCM != nil || p.AESCBC != nil:
			return fmt.Errorf("provider %d is neither a KMS, secretbox nor identity", i+1)
		case p.Secretbox != nil:
			for _, key := range p.Secretbox.Keys {
				if key.Secret != keyMark {
					return fmt.Errorf("key %q stands in the file; a key that is in a repository protects nothing", key.Name)
				}
			}
		}
	}
	if len(c.Resources[0].Providers) == 0 {
		return fmt.Errorf("there is no provider")
	}
	switch first := c.Resources[0].Providers[0]; {
	case kms != "" && (first.KMS == nil || first.KMS.APIVersion != "v2" || first.KMS.Endpoint != kms):
		return fmt.Errorf("the first provider is not the declared KMS with version v2")
	case kms == "" && (first.Secretbox == nil || len(first.Secretbox.Keys) == 0):
		return fmt.Errorf("the first provider is not secretbox")
	}
	return nil
}
