package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/sets"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/apis/apiserver"
	apiserverinstall "k8s.io/apiserver/pkg/apis/apiserver/install"
	apiservervalidation "k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/apis/audit"
	auditinstall "k8s.io/apiserver/pkg/apis/audit/install"
	auditpolicy "k8s.io/apiserver/pkg/audit/policy"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	authorizationcel "k8s.io/apiserver/pkg/authorization/cel"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	clientcmdv1 "k8s.io/client-go/tools/clientcmd/api/v1"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	core "k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	kubeletscheme "k8s.io/kubernetes/pkg/kubelet/apis/config/scheme"
	kubeletvalidation "k8s.io/kubernetes/pkg/kubelet/apis/config/validation"
	proxyconfig "k8s.io/kubernetes/pkg/proxy/apis/config"
	proxyscheme "k8s.io/kubernetes/pkg/proxy/apis/config/scheme"
	proxyvalidation "k8s.io/kubernetes/pkg/proxy/apis/config/validation"
	"k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit"
	eventinstall "k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit/install"
	eventvalidation "k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit/validation"
	podsecurity "k8s.io/pod-security-admission/admission/api"
	podsecurityscheme "k8s.io/pod-security-admission/admission/api/scheme"
	podsecurityvalidation "k8s.io/pod-security-admission/admission/api/validation"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// staticPodPatch stands for the kind of a part of a Pod.
const staticPodPatch = "patch of a Pod"

// document is one document of a file.
type document struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	data       []byte
}

func (d document) group() string {
	group, _, _ := strings.Cut(d.APIVersion, "/")
	return group
}

func split(data []byte) ([]document, error) {
	var all []document
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		text, err := reader.Read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		var fields map[string]any
		if err := yaml.Unmarshal(text, &fields); err != nil {
			return nil, err
		}
		if len(fields) == 0 {
			continue
		}
		d := document{data: text}
		d.APIVersion, _ = fields["apiVersion"].(string)
		d.Kind, _ = fields["kind"].(string)
		all = append(all, d)
	}
}

// check decodes the document strictly and validates it. A kind that nothing here knows is an error.
func (d document) check() error {
	if d.group() == "apiserver.config.k8s.io" && d.Kind == "AdmissionConfiguration" {
		return decoded(apiServerCodecs(), d.data, checkAdmission)
	}
	known, ok := checks[d.group()+"/"+d.Kind]
	if !ok {
		return fmt.Errorf("kcheck knows no %s of %s", d.Kind, d.APIVersion)
	}
	return known(d.data)
}

// checks are the judges of the kinds, by group and kind; AdmissionConfiguration, which holds others, is not among them.
var checks = map[string]func(data []byte) error{
	"kubelet.config.k8s.io/KubeletConfiguration": func(data []byte) error {
		_, codecs, err := kubeletscheme.NewSchemeAndCodecs(serializer.EnableStrict)
		if err != nil {
			return err
		}
		return decoded(*codecs, data, func(c *kubeletconfig.KubeletConfiguration) error {
			c.FailCgroupV1 = false // judged is the file, and not the machine that it is judged on
			gates := utilfeature.DefaultMutableFeatureGate.DeepCopy()
			if err := gates.SetFromMap(c.FeatureGates); err != nil {
				return err
			}
			return kubeletvalidation.ValidateKubeletConfiguration(c, gates)
		})
	},
	"kubeproxy.config.k8s.io/KubeProxyConfiguration": func(data []byte) error {
		return decoded(serializer.NewCodecFactory(proxyscheme.Scheme, serializer.EnableStrict), data, func(c *proxyconfig.KubeProxyConfiguration) error {
			return proxyvalidation.Validate(c).ToAggregate()
		})
	},
	"apiserver.config.k8s.io/AuthenticationConfiguration": func(data []byte) error {
		return decoded(apiServerCodecs(), data, func(c *apiserver.AuthenticationConfiguration) error {
			return apiservervalidation.ValidateAuthenticationConfiguration(authenticationcel.NewDefaultCompiler(), c, nil).ToAggregate()
		})
	},
	"apiserver.config.k8s.io/AuthorizationConfiguration": func(data []byte) error {
		return decoded(apiServerCodecs(), data, func(c *apiserver.AuthorizationConfiguration) error {
			return apiservervalidation.ValidateAuthorizationConfiguration(authorizationcel.NewDefaultCompiler(), nil, c,
				sets.New("Node", "RBAC", "Webhook", "ABAC", "AlwaysAllow", "AlwaysDeny"), sets.New("Webhook")).ToAggregate()
		})
	},
	"apiserver.config.k8s.io/EncryptionConfiguration": func(data []byte) error {
		if err := decoded(apiServerCodecs(), data, func(*apiserver.EncryptionConfiguration) error { return nil }); err != nil {
			return err
		}
		return inFile(data, func(file string) error {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			_, err := encryptionconfig.LoadEncryptionConfig(ctx, file, true, "kcheck")
			return err
		})
	},
	"pod-security.admission.config.k8s.io/PodSecurityConfiguration": func(data []byte) error {
		return decoded(serializer.NewCodecFactory(podsecurityscheme.Scheme, serializer.EnableStrict), data, func(c *podsecurity.PodSecurityConfiguration) error {
			return podsecurityvalidation.ValidatePodSecurityConfiguration(c).ToAggregate()
		})
	},
	"eventratelimit.admission.k8s.io/Configuration": func(data []byte) error {
		s := runtime.NewScheme()
		eventinstall.Install(s)
		return decoded(serializer.NewCodecFactory(s, serializer.EnableStrict), data, func(c *eventratelimit.Configuration) error {
			return eventvalidation.ValidateConfiguration(c).ToAggregate()
		})
	},
	"audit.k8s.io/Policy": func(data []byte) error {
		s := runtime.NewScheme()
		auditinstall.Install(s)
		if err := decoded(serializer.NewCodecFactory(s, serializer.EnableStrict), data, func(*audit.Policy) error { return nil }); err != nil {
			return err
		}
		_, err := auditpolicy.LoadPolicyFromBytes(data)
		return err
	},
	"v1/Config": checkKubeconfig,
	"v1/Pod": func(data []byte) error {
		// As the kubelet reads a static pod: pkg/kubelet/config/common.go, tryDecodeSinglePod.
		return decoded(legacyCodecs(), data, func(p *core.Pod) error {
			if p.Spec.NodeName == "" {
				p.Spec.NodeName = "node"
			}
			options := podutil.GetValidationOptionsFromPodSpecAndMeta(&p.Spec, nil, &p.ObjectMeta, nil)
			if err := corevalidation.ValidatePodCreate(p, options).ToAggregate(); err != nil {
				return err
			}
			_, resource, err := podutil.HasAPIObjectReference(p)
			if err == nil && resource != "" {
				err = fmt.Errorf("static pods may not reference %s", resource)
			}
			return err
		})
	},
	"v1/" + staticPodPatch: func(data []byte) error {
		text, err := yaml.YAMLToJSONStrict(data)
		if err != nil {
			return err
		}
		strict, err := kjson.UnmarshalStrict(text, &corev1.Pod{})
		return errors.Join(append(strict, err)...)
	},
	"rbac.authorization.k8s.io/Role": func(data []byte) error {
		return decoded(legacyCodecs(), data, func(r *rbac.Role) error { return rbacvalidation.ValidateRole(r).ToAggregate() })
	},
	"rbac.authorization.k8s.io/RoleBinding": func(data []byte) error {
		return decoded(legacyCodecs(), data, func(r *rbac.RoleBinding) error { return rbacvalidation.ValidateRoleBinding(r).ToAggregate() })
	},
}

// checkAdmission judges the configuration of each plugin by the plugin's own code.
func checkAdmission(c *apiserver.AdmissionConfiguration) error {
	seen := map[string]bool{}
	for _, p := range c.Plugins {
		if seen[p.Name] {
			return fmt.Errorf("the plugin %q is configured twice", p.Name)
		}
		seen[p.Name] = true
		if p.Configuration == nil {
			return fmt.Errorf("the plugin %q has no configuration", p.Name)
		}
		docs, err := split(p.Configuration.Raw)
		if err != nil {
			return err
		}
		if len(docs) != 1 || docs[0].Kind != pluginKinds[p.Name] {
			return fmt.Errorf("kcheck knows no such configuration of the plugin %q", p.Name)
		}
		if err := docs[0].check(); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

var pluginKinds = map[string]string{"PodSecurity": "PodSecurityConfiguration", "EventRateLimit": "Configuration"}

// checkKubeconfig judges a kubeconfig as the webhook's client loads it.
func checkKubeconfig(data []byte) error {
	s := runtime.NewScheme()
	if err := clientcmdapi.AddToScheme(s); err != nil {
		return err
	}
	if err := clientcmdv1.AddToScheme(s); err != nil {
		return err
	}
	codecs := serializer.NewCodecFactory(s, serializer.EnableStrict)
	config := &clientcmdapi.Config{}
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "Config"}
	if _, _, err := codecs.UniversalDecoder(clientcmdapi.SchemeGroupVersion).Decode(data, &gvk, config); err != nil {
		return err
	}
	if err := clientcmd.ConfirmUsable(*config, ""); err != nil {
		return err
	}
	_, err := clientcmd.NewDefaultClientConfig(*config, &clientcmd.ConfigOverrides{}).ClientConfig()
	return err
}

func apiServerCodecs() serializer.CodecFactory {
	s := runtime.NewScheme()
	apiserverinstall.Install(s)
	return serializer.NewCodecFactory(s, serializer.EnableStrict)
}

func legacyCodecs() serializer.CodecFactory {
	return serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
}

// decoded decodes strictly into the internal version and hands it to validate.
func decoded[T runtime.Object](codecs serializer.CodecFactory, data []byte, validate func(T) error) error {
	obj, _, err := codecs.UniversalDecoder().Decode(data, nil, nil)
	if err != nil {
		return err
	}
	c, ok := obj.(T)
	if !ok {
		return fmt.Errorf("it is decoded as %T", obj)
	}
	return validate(c)
}

// inFile calls load with the name of a file that holds the data.
func inFile(data []byte, load func(file string) error) error {
	f, err := os.CreateTemp("", "kcheck-*.yaml")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return load(f.Name())
}
