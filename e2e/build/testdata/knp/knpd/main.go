// Command knpd enforces the network policies of a cluster on one of its nodes: it is the engine of kube-network-policies, with
// the queue in which the kernel asks it about packets, put together as that project's own command for ClusterNetworkPolicies
// does.
//
//	knpd KUBECONFIG NODE
//
// It runs in the network of the node until it is ended, and sets no rules there that are needed: which packets get into its
// queues, Queue and Queue+1, is for others to say. For each line of its standard input it writes a line to its standard
// output: the objects by which it judges from now on, as a JSON list of "KIND NAMESPACE/NAME VERSION", sorted.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/dataplane"
	"sigs.k8s.io/kube-network-policies/pkg/dns"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
	clusterpolicy "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	"sigs.k8s.io/network-policy-api/apis/v1alpha2"
	npaclient "sigs.k8s.io/network-policy-api/pkg/client/clientset/versioned"
	npainformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
)

// Queue is the number of the queue of packets to judge; the next one is that of answers of DNS servers.
const Queue = 100

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: knpd KUBECONFIG NODE")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, node string, in io.Reader, out io.Writer) error {
	access, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return err
	}
	clusterClient, err := npaclient.NewForConfig(access)
	if err != nil {
		return err
	}
	factory, clusterFactory := informers.NewSharedInformerFactory(client, 0), npainformers.NewSharedInformerFactory(clusterClient, 0)
	namespaces, pods, nodes := factory.Core().V1().Namespaces(), factory.Core().V1().Pods(), factory.Core().V1().Nodes()
	policies, clusterPolicies := factory.Networking().V1().NetworkPolicies(), clusterFactory.Policy().V1alpha2().ClusterNetworkPolicies()

	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		return err
	}
	names := dns.NewDomainCache(Queue + 1)
	engine := networkpolicy.NewPolicyEngine(
		podinfo.NewInformerProvider(pods, namespaces, nodes, []podinfo.IPResolver{resolver}),
		[]api.PolicyEvaluator{
			clusterpolicy.NewClusterNetworkPolicy(v1alpha2.AdminTier, clusterPolicies, names, nodes.Lister()),
			networkpolicy.NewStandardNetworkPolicy(node, namespaces, pods, policies),
			clusterpolicy.NewClusterNetworkPolicy(v1alpha2.BaselineTier, clusterPolicies, names, nodes.Lister()),
		})
	seen := map[string]cache.Store{
		"Namespace": namespaces.Informer().GetStore(), "Pod": pods.Informer().GetStore(), "Node": nodes.Informer().GetStore(),
		"NetworkPolicy": policies.Informer().GetStore(), "ClusterNetworkPolicy": clusterPolicies.Informer().GetStore(),
	}
	factory.Start(ctx.Done())
	clusterFactory.Start(ctx.Done())

	plane, err := dataplane.NewController(engine, dataplane.Config{QueueID: Queue})
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	go func() { failed <- plane.Run(ctx) }()
	go func() { failed <- learn(ctx, names, Queue+1) }()
	go func() { failed <- tell(seen, in, out) }()
	return <-failed
}

// tell answers questions about what the engine sees.
func tell(seen map[string]cache.Store, in io.Reader, out io.Writer) error {
	questions, answers := bufio.NewScanner(in), json.NewEncoder(out)
	for questions.Scan() {
		if err := widen(); err != nil {
			return err
		}
		objects := []string{}
		for kind, store := range seen {
			for _, o := range store.List() {
				m, err := meta.Accessor(o)
				if err != nil {
					return err
				}
				objects = append(objects, fmt.Sprintf("%s %s/%s %s", kind, m.GetNamespace(), m.GetName(), m.GetResourceVersion()))
			}
		}
		slices.Sort(objects)
		if err := answers.Encode(objects); err != nil {
			return err
		}
	}
	return questions.Err()
}
