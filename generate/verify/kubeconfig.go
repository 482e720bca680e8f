package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// The kubeconfig that people get holds nothing to steal. It is decoded strictly into the fields that it may have:
// tokens, passwords, client keys, impersonation and unverified TLS are other fields, so they are refused.
var kubeconfig = &Check{
	Name:     "kubeconfig",
	Doc:      "kubeconfig files for people hold no credential\n\nDecodes the file strictly: one cluster over TLS, one user through kubelogin, nothing else.",
	Controls: []model.ControlID{model.KubeconfigWithoutCredentials},
	Run: func(p *Pass) {
		for _, c := range p.Spec.Clusters {
			if c.Identity.OIDC == nil {
				continue
			}
			file := path.Join(generate.AccessDir(c), "kubeconfig", "kubeconfig.yaml")
			if err := judgeKubeconfig(p.Files[file], c); err != nil {
				p.Find(Finding{Control: model.KubeconfigWithoutCredentials, Subject: c.Addr(), Path: file,
					Message: "The kubeconfig is not free of credentials: " + err.Error() + "."})
				continue
			}
			p.Prove(model.KubeconfigWithoutCredentials, c.Addr(), file)
		}
	},
}

func judgeKubeconfig(data []byte, c *model.Cluster) error {
	for _, line := range strings.Split(string(data), "\n") {
		// The decoder reads the first document only.
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") {
			return fmt.Errorf("there is a second document")
		}
	}
	var k struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Clusters   []struct {
			Name    string `json:"name"`
			Cluster struct {
				ProxyURL string `json:"proxy-url"`
				Server   string `json:"server"`
			} `json:"cluster"`
		} `json:"clusters"`
		Contexts []struct {
			Name    string            `json:"name"`
			Context map[string]string `json:"context"`
		} `json:"contexts"`
		CurrentContext string `json:"current-context"`
		Users          []struct {
			Name string `json:"name"`
			User struct {
				Exec struct {
					APIVersion      string   `json:"apiVersion"`
					Args            []string `json:"args"`
					Command         string   `json:"command"`
					InteractiveMode string   `json:"interactiveMode"`
				} `json:"exec"`
			} `json:"user"`
		} `json:"users"`
	}
	if err := yaml.UnmarshalStrict(data, &k); err != nil {
		return err
	}
	if k.Kind != "Config" || len(k.Clusters) != 1 || len(k.Users) != 1 || len(k.Contexts) != 1 {
		return fmt.Errorf("it does not hold exactly one cluster, one user and one context")
	}
	cluster, exec := k.Clusters[0].Cluster, k.Users[0].User.Exec
	if cluster.Server != "https://"+hostPort(c.API.Endpoint) {
		return fmt.Errorf("the server is %q", cluster.Server)
	}
	if cluster.ProxyURL != "" && cluster.ProxyURL != "socks5://127.0.0.1:1080" {
		return fmt.Errorf("the proxy is %q", cluster.ProxyURL)
	}
	oidc := c.Identity.OIDC
	args := []string{"oidc-login", "get-token", "--oidc-issuer-url=" + oidc.Issuer, "--oidc-client-id=" + oidc.ClientID}
	if oidc.UsernameClaim == "email" {
		args = append(args, "--oidc-extra-scope=email")
	}
	args = append(args, "--token-cache-storage=keyring")
	if exec.APIVersion != "client.authentication.k8s.io/v1" || exec.Command != "kubectl" || !slices.Equal(exec.Args, args) {
		return fmt.Errorf("the user does not log in with kubectl %s", strings.Join(args, " "))
	}
	return nil
}
