// Command knpjudge is what kube-network-policies says about connections in many small clusters, without a packet: its engine judges
// by objects that are given to it.
//
//	knpjudge <CLUSTERS
//
// Each line of the input is a JSON object, one cluster: its objects as an API server has them, with all defaults, and
// questions. Each line of the output is a JSON object with the answers. It ends with 0 if it read the whole input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
	clusterpolicy "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	"sigs.k8s.io/network-policy-api/apis/v1alpha2"
	npainformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
)

// world is what is asked.
type world struct {
	Objects   []json.RawMessage `json:"objects"`
	Questions []question        `json:"questions"`
}

// question is whether the first packet of a connection passes.
type question struct {
	From     string          `json:"from"` // address
	To       string          `json:"to"`
	Protocol corev1.Protocol `json:"protocol"`
	Port     int             `json:"port"`
}

type answer struct {
	Answers []bool `json:"answers"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	decode, encode := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var w world
		switch err := decode.Decode(&w); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		answers, err := w.judge()
		if err != nil {
			return err
		}
		if err := encode.Encode(answer{answers}); err != nil {
			return err
		}
	}
}

// judge asks an engine of its own, whose informers are never started: what is in their stores was put there.
func (w world) judge() ([]bool, error) {
	factory, clusterFactory := informers.NewSharedInformerFactory(nil, 0), npainformers.NewSharedInformerFactory(nil, 0)
	namespaces, pods, nodes := factory.Core().V1().Namespaces(), factory.Core().V1().Pods(), factory.Core().V1().Nodes()
	policies, clusterPolicies := factory.Networking().V1().NetworkPolicies(), clusterFactory.Policy().V1alpha2().ClusterNetworkPolicies()
	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		return nil, err
	}
	engine := networkpolicy.NewPolicyEngine(
		podinfo.NewInformerProvider(pods, namespaces, nodes, []podinfo.IPResolver{resolver}),
		[]api.PolicyEvaluator{
			clusterpolicy.NewClusterNetworkPolicy(v1alpha2.AdminTier, clusterPolicies, nil, nodes.Lister()),
			networkpolicy.NewStandardNetworkPolicy("node", namespaces, pods, policies),
			clusterpolicy.NewClusterNetworkPolicy(v1alpha2.BaselineTier, clusterPolicies, nil, nodes.Lister()),
		})
	kinds := map[string]struct {
		store cache.Indexer
		empty func() any
	}{
		"Namespace":            {namespaces.Informer().GetIndexer(), func() any { return &corev1.Namespace{} }},
		"Pod":                  {pods.Informer().GetIndexer(), func() any { return &corev1.Pod{} }},
		"Node":                 {nodes.Informer().GetIndexer(), func() any { return &corev1.Node{} }},
		"NetworkPolicy":        {policies.Informer().GetIndexer(), func() any { return &networkingv1.NetworkPolicy{} }},
		"ClusterNetworkPolicy": {clusterPolicies.Informer().GetIndexer(), func() any { return &v1alpha2.ClusterNetworkPolicy{} }},
	}
	for _, text := range w.Objects {
		var head metav1.TypeMeta
		if err := json.Unmarshal(text, &head); err != nil {
			return nil, err
		}
		k, ok := kinds[head.Kind]
		if !ok {
			return nil, fmt.Errorf("objects of the kind %q are not read", head.Kind)
		}
		o := k.empty()
		if err := json.Unmarshal(text, o); err != nil {
			return nil, err
		}
		if err := k.store.Add(o); err != nil {
			return nil, err
		}
	}
	var answers []bool
	for _, q := range w.Questions {
		family, from, to := corev1.IPv4Protocol, net.ParseIP(q.From), net.ParseIP(q.To)
		if to.To4() == nil {
			family = corev1.IPv6Protocol
		}
		allowed, err := engine.EvaluatePacket(context.Background(), &network.Packet{
			Family: family, SrcIP: from, DstIP: to, SrcPort: 40000, DstPort: q.Port, Proto: q.Protocol})
		if err != nil {
			return nil, err
		}
		answers = append(answers, allowed)
	}
	return answers, nil
}
