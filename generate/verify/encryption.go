package verify

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"mvdan.cc/sh/v3/syntax"

	"github.com/bartizan-dev/bartizan/model"
)

var encryption = &Check{
	Name: "encryption",
	Doc: `Secrets and ConfigMaps are encrypted before they reach etcd, with a key that the tree does not hold

The first provider encrypts, so it must be the KMS that is declared, or secretbox with a mark in the place of the key. A
key in the file is worse than none: everybody who reads the repository has it. Every script that handles the file on a node
begins with umask 077, so that nobody but root can read it there. CIS Kubernetes Benchmark 1.12, 1.2.27 and
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
		if err == nil && k.cluster.Encryption.KMS == "" {
			file, err = k.keyScripts(file)
		}
		if err != nil {
			p.Find(Finding{Control: model.SecretsEncrypted, Subject: k.cluster.Addr(), Path: file, Object: "EncryptionConfiguration",
				Message: fmt.Sprintf("Secrets are not encrypted as declared: %v.", err)})
			continue
		}
		k.prove(model.SecretsEncrypted, file)
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

// keyScripts demands that each script which names the file with the key closes its umask before any other command, and
// never opens it or a mode again. It returns the file that decides.
func (k *kubeadmFiles) keyScripts(file string) (string, error) {
	made := false
	for _, name := range slices.Sorted(maps.Keys(k.pass.Files)) {
		text := string(k.pass.Files[name])
		if path.Dir(name) != k.dir() || !strings.HasSuffix(name, ".sh") || !strings.Contains(text, "encryption.yaml") {
			continue
		}
		script, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
		if err != nil {
			return name, fmt.Errorf("it is no shell script: %w", err)
		}
		if len(script.Stmts) < 2 || !slices.Equal(plainCommand(script.Stmts[0]), []string{"set", "-eu"}) || !slices.Equal(plainCommand(script.Stmts[1]), []string{"umask", "077"}) {
			return name, fmt.Errorf("the script does not begin with set -eu and umask 077")
		}
		var wrong error
		syntax.Walk(script, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			if !ok {
				return true
			}
			args := shellWords(call.Args)
			switch {
			case len(args) == 0:
			case slices.Equal(args, []string{"mv", nodeHardening + "/encryption.yaml.new", nodeHardening + "/encryption.yaml"}):
				made = made || path.Base(name) == "bootstrap.sh"
			case args[0] == "umask" && !slices.Equal(args, []string{"umask", "077"}), args[0] == "chmod" && (len(args) < 2 || args[1] != "0600"):
				wrong = fmt.Errorf("line %d opens files to others", call.Pos().Line())
			}
			return true
		})
		if wrong != nil {
			return name, wrong
		}
	}
	if !made {
		return path.Join(k.dir(), "bootstrap.sh"), fmt.Errorf("no script makes the key")
	}
	return file, nil
}

// plainCommand returns the words of a simple command, nil for anything else.
func plainCommand(s *syntax.Stmt) []string {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || s.Negated || s.Background || len(s.Redirs) > 0 || len(call.Assigns) > 0 {
		return nil
	}
	return shellWords(call.Args)
}
