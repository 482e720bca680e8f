// Command netpolconns is what "netpolicy list" and "netpolicy evaluate" say about many small clusters in one run: the
// engines are those of its module.
//
//	netpolconns <CLUSTERS
//
// Each line of the input is a JSON object, one cluster: its Kubernetes objects, and questions if there are any. Each line of
// the output is a JSON object: answers to the questions, or all connections that the policies of the cluster allow, or why
// the analyser does not judge it. It ends with 0 if it read the whole input.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/np-guard/netpol-analyzer/pkg/logger"
	"github.com/np-guard/netpol-analyzer/pkg/manifests/parser"
	"github.com/np-guard/netpol-analyzer/pkg/netpol/connlist"
	"github.com/np-guard/netpol-analyzer/pkg/netpol/eval"
)

// cluster is what is asked.
type cluster struct {
	Objects   []json.RawMessage `json:"objects"`
	Questions []question        `json:"questions"`
}

// question is whether one connection may be opened.
type question struct {
	From     string `json:"from"` // as in connection, or one address
	To       string `json:"to"`
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
}

// answer is what is said about a cluster. Pairs that are not in its connections may not speak to each other.
type answer struct {
	Error       string       `json:"error,omitempty"`
	Answers     []bool       `json:"answers"`
	Connections []connection `json:"connections"`
}

// connection is what one peer may open to another. A peer is "namespace/name", or a range of addresses "FROM-TO".
type connection struct {
	From  string                `json:"from"`
	To    string                `json:"to"`
	All   bool                  `json:"all"`   // every port of every protocol
	Ports map[string][][2]int64 `json:"ports"` // by protocol: first and last port of each range
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
		var c cluster
		switch err := decode.Decode(&c); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		a, err := analyse(c)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := encode.Encode(a); err != nil {
			return err
		}
	}
}

func analyse(c cluster) (answer, error) {
	var infos []*resource.Info
	for _, text := range c.Objects {
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(text); err != nil {
			return answer{}, err
		}
		infos = append(infos, &resource.Info{Object: u, Source: u.GetName(), Name: u.GetName(), Namespace: u.GetNamespace()})
	}
	if c.Questions != nil {
		return evaluate(infos, c.Questions)
	}
	return list(infos)
}

var quiet = logger.NewDefaultLoggerWithVerbosity(logger.LowVerbosity)

func evaluate(infos []*resource.Info, questions []question) (answer, error) {
	a := answer{}
	objects, problems := parser.ResourceInfoListToK8sObjectsList(infos, quiet, true)
	for _, p := range problems {
		if p.IsFatal() || p.IsSevere() {
			return a, p.Error()
		}
	}
	engine, err := eval.NewPolicyEngineWithOptionsList(eval.WithLogger(quiet), eval.WithObjectsList(objects))
	if err != nil {
		return a, err
	}
	for _, q := range questions {
		allowed, err := engine.CheckIfAllowed(q.From, q.To, q.Protocol, strconv.Itoa(q.Port))
		if err != nil {
			return a, err
		}
		a.Answers = append(a.Answers, allowed)
	}
	return a, nil
}

func list(infos []*resource.Info) (answer, error) {
	a := answer{Connections: []connection{}}
	analyzer := connlist.NewConnlistAnalyzer(connlist.WithLogger(quiet), connlist.WithMuteErrsAndWarns(), connlist.WithStopOnError())
	found, _, err := analyzer.ConnlistFromResourceInfos(infos)
	if err != nil {
		return a, err
	}
	for _, e := range analyzer.Errors() {
		if e.IsFatal() || e.IsSevere() {
			return a, e.Error()
		}
	}
	for _, f := range found {
		c := connection{From: name(f.Src()), To: name(f.Dst()), All: f.AllProtocolsAndPorts(), Ports: map[string][][2]int64{}}
		for protocol, ranges := range f.ProtocolsAndPorts() {
			for _, r := range ranges {
				// The analyser also lists ranges that a rule is about and does not allow.
				if set, ok := r.(interface{ InSet() bool }); !ok || !set.InSet() {
					continue
				}
				c.Ports[string(protocol)] = append(c.Ports[string(protocol)], [2]int64{r.Start(), r.End()})
			}
		}
		a.Connections = append(a.Connections, c)
	}
	return a, nil
}

func name(p connlist.Peer) string {
	if p.IsPeerIPType() {
		return p.IP()
	}
	return p.Namespace() + "/" + p.Name()
}
