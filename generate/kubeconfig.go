package generate

import (
	"net"
	"path"
	"strconv"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var peopleKubeconfig = &Generator{
	Name: "kubeconfig",
	Doc: `let people log in to the API server through the identity provider

The kubeconfig names kubelogin as exec plugin, which opens the browser; it holds no credential, so a copied file opens
nothing. Tokens are kept in the operating system's keyring.`,
	Controls: []model.ControlID{model.KubeconfigWithoutCredentials},
	Kinds:    objectKinds("v1", "Config"),
	Run: func(p *Pass) error {
		for _, c := range p.Spec.Clusters {
			if c.Identity.OIDC == nil {
				continue
			}
			if err := runKubeconfig(p, c); err != nil {
				return err
			}
		}
		return nil
	},
}

// execPlugin is how kubectl gets a token: the client.authentication.k8s.io/v1 plugin of a kubeconfig.
type execPlugin struct {
	APIVersion      string   `json:"apiVersion"`
	Args            []string `json:"args"`
	Command         string   `json:"command"`
	InteractiveMode string   `json:"interactiveMode"`
}

// throughJumpBox reports whether people's own devices cannot reach the API server, so that they go through a SOCKS
// proxy that sshd on the jump box provides.
func throughJumpBox(c *model.Cluster) bool {
	jump := false
	for _, peer := range c.API.ReachableFrom {
		switch peer.(type) {
		case *model.JumpBox:
			jump = true
		case *model.VPN:
			return false
		}
	}
	return jump
}

func runKubeconfig(p *Pass, c *model.Cluster) error {
	oidc := c.Identity.OIDC
	access := kubeServer{Server: "https://" + net.JoinHostPort(c.API.Endpoint.Host, strconv.Itoa(c.API.Endpoint.Port))}
	if throughJumpBox(c) {
		access.ProxyURL = "socks5://127.0.0.1:1080"
	}
	args := []string{"oidc-login", "get-token", "--oidc-issuer-url=" + oidc.Issuer, "--oidc-client-id=" + oidc.ClientID}
	if oidc.UsernameClaim == "email" {
		args = append(args, "--oidc-extra-scope=email")
	}
	args = append(args, "--token-cache-storage=keyring")
	dir := path.Join(AccessDir(c), "kubeconfig")
	file := path.Join(dir, "kubeconfig.yaml")
	err := p.YAML(Artifact{
		Path:  file,
		Doc:   "How kubectl reaches the cluster and whom it asks for a token. Holds no credential.",
		Where: "people's devices, through make-kubeconfig.sh",
	}, kubeconfig{
		TypeMeta:       typeMeta("v1", "Config"),
		CurrentContext: c.Name,
		Clusters:       []namedCluster{{c.Name, access}},
		Contexts:       []namedContext{{c.Name, kubeContext{c.Name, "oidc"}}},
		Users: []namedUser{{"oidc", kubeUser{Exec: &execPlugin{
			APIVersion: "client.authentication.k8s.io/v1", Command: "kubectl", Args: args, InteractiveMode: "IfAvailable",
		}}}},
	})
	if err != nil {
		return err
	}
	script, err := templates.Render("kubeconfig-ca.tmpl", c.Name)
	if err != nil {
		return err
	}
	p.File(Artifact{
		Path: path.Join(dir, "make-kubeconfig.sh"), Mode: 0o755, Data: script,
		Doc: "Adds the cluster's certificate authority, which exists only once the cluster does.", Where: "people's devices",
	})
	p.Claim(model.KubeconfigWithoutCredentials, c.Addr(), file)
	p.Directory(Directory{Path: dir, Title: "kubectl for people", Doc: `Needs kubectl and kubelogin (the kubectl plugin "oidc-login"). Run make-kubeconfig.sh with the cluster's ca.crt and keep what it
prints. Where the identity provider sends groups only on request, add its scope with --oidc-extra-scope.`})
	return nil
}
