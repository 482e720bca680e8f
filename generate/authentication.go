package generate

import (
	"path"

	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var authentication = &Generator{
	Name: "authentication",
	Doc: `say who may speak to the API server: people through the identity provider, nobody anonymously

Anonymous requests are answered on the three health paths that load balancers and the kubelet ask for. The flag
anonymous-auth must be absent: the API server refuses it beside this file.`,
	Controls: []model.ControlID{model.AnonymousLimited, model.OIDCLogin},
	Kinds:    objectKinds(apiServerConfigVersion, "AuthenticationConfiguration"),
	Run:      runAuthentication,
}

const apiServerConfigVersion = "apiserver.config.k8s.io/v1"

// healthPaths are all that an anonymous request may ask for.
var healthPaths = []string{"/healthz", "/livez", "/readyz"}

func runAuthentication(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		file := hardeningFile(c, "authentication.yaml")
		config := apiserverv1.AuthenticationConfiguration{
			TypeMeta:  typeMeta(apiServerConfigVersion, "AuthenticationConfiguration"),
			Anonymous: &apiserverv1.AnonymousAuthConfig{Enabled: true},
			JWT:       []apiserverv1.JWTAuthenticator{},
		}
		for _, h := range healthPaths {
			config.Anonymous.Conditions = append(config.Anonymous.Conditions, apiserverv1.AnonymousAuthCondition{Path: h})
		}
		p.Claim(model.AnonymousLimited, c.Addr(), file)
		if o := c.Identity.OIDC; o != nil {
			config.JWT = append(config.JWT, jwt(o))
			p.Claim(model.OIDCLogin, c.Addr(), file)
		}
		if err := p.YAML(Artifact{
			Path:  file,
			Doc:   "AuthenticationConfiguration of the API server: the identity provider, and which paths answer anonymous requests",
			Where: "each control-plane node, in " + HardeningDir,
		}, config); err != nil {
			return err
		}
	}
	return nil
}

// jwt trusts the provider's tokens for our client only. Names get a prefix, so that nobody at the provider can become
// system:masters or a service account.
func jwt(o *model.OIDC) apiserverv1.JWTAuthenticator {
	j := apiserverv1.JWTAuthenticator{
		Issuer: apiserverv1.Issuer{URL: o.Issuer, Audiences: []string{o.ClientID}},
		ClaimMappings: apiserverv1.ClaimMappings{
			Username: apiserverv1.PrefixedClaimOrExpression{Claim: o.UsernameClaim, Prefix: &o.UsernamePrefix},
			Groups:   apiserverv1.PrefixedClaimOrExpression{Claim: o.GroupsClaim, Prefix: &o.GroupsPrefix},
		},
		UserValidationRules: []apiserverv1.UserValidationRule{
			{Expression: "!user.username.startsWith('system:')", Message: "names that begin with system: belong to Kubernetes"},
			{Expression: "user.groups.all(g, !g.startsWith('system:'))", Message: "groups that begin with system: belong to Kubernetes"},
		},
	}
	return j
}

// hardeningFile is the place in the tree of a file that goes to HardeningDir.
func hardeningFile(c *model.Cluster, name string) string {
	return path.Join(ControlPlaneDir(c), "hardening", name)
}
