package verify

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"github.com/bartizan-dev/bartizan/model"
)

var joinToken = &Check{
	Name: "join-token",
	Doc: `tokens that admit nodes live for minutes, and none is left after the bootstrap

kubeadm's own tokens in init.yaml must end within 15 minutes; a list without an entry means one of a day, a life of 0
means for ever. Every command of a script that makes a token must state a life of at most 15 minutes, and bootstrap.sh
must delete what is left. CIS Kubernetes Benchmark 1.12, 3.1.3.`,
	Controls: []model.ControlID{model.JoinTokensShort},
	Run:      runJoinToken,
}

const longestToken = 15 * time.Minute

func runJoinToken(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		file, err := k.path, k.tokensWrong()
		if err == nil {
			file, err = k.tokenScripts()
		}
		if err != nil {
			p.Find(Finding{Control: model.JoinTokensShort, Subject: k.cluster.Addr(), Path: file,
				Message: fmt.Sprintf("A token may admit nodes for longer than %v: %v.", longestToken, err)})
			continue
		}
		k.prove(model.JoinTokensShort, file)
		p.needs(model.JoinTokensShort, k.cluster.Addr(), path.Join(k.dir(), "bootstrap.sh"))
	}
}

func (k *kubeadmFiles) tokensWrong() error {
	if len(k.init.BootstrapTokens) == 0 {
		return fmt.Errorf("bootstrapTokens is empty, and then kubeadm makes one for a day")
	}
	for _, t := range k.init.BootstrapTokens {
		switch {
		case t.Token != "":
			return fmt.Errorf("a token stands in the file")
		case t.TTL.Duration <= 0 || t.TTL.Duration > longestToken:
			return fmt.Errorf("bootstrapTokens has a token with a ttl of %v", t.TTL.Duration)
		}
	}
	return nil
}

// tokenScripts judges each command of each script of the directory, wherever it stands in it.
func (k *kubeadmFiles) tokenScripts() (string, error) {
	made, deleted := "", false
	for _, file := range slices.Sorted(maps.Keys(k.pass.Files)) {
		if path.Dir(file) != k.dir() || !strings.HasSuffix(file, ".sh") {
			continue
		}
		script, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(string(k.pass.Files[file])), "")
		if err != nil {
			return file, fmt.Errorf("it is no shell script: %w", err)
		}
		var wrong error
		syntax.Walk(script, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			if !ok || wrong != nil {
				return true
			}
			args := shellWords(call.Args)
			switch {
			case len(args) > 0 && slices.Contains([]string{"eval", "sh", "bash", ".", "source"}, args[0]):
				wrong = fmt.Errorf("%s runs commands that cannot be read", args[0])
			case len(args) > 2 && args[0] == "kubeadm" && args[1] == "token" && args[2] == "delete":
				deleted = deleted || path.Base(file) == "bootstrap.sh"
			case slices.Contains(args, "token") && slices.Contains(args, "create"):
				made, wrong = file, ttlWrong(args)
			}
			return true
		})
		if wrong != nil {
			return file, wrong
		}
	}
	switch {
	case made == "":
		return path.Join(k.dir(), "make-join.sh"), fmt.Errorf("no script makes one")
	case !deleted:
		return path.Join(k.dir(), "bootstrap.sh"), fmt.Errorf("what kubeadm init leaves is not deleted")
	}
	return made, nil
}

func ttlWrong(args []string) error {
	i := slices.Index(args, "--ttl")
	if i < 0 || i+1 == len(args) || slices.ContainsFunc(append(slices.Clone(args[:i]), args[i+1:]...), func(a string) bool { return strings.HasPrefix(a, "--ttl") }) {
		return fmt.Errorf("a token is made without one --ttl")
	}
	if d, err := time.ParseDuration(args[i+1]); err != nil || d <= 0 || d > longestToken {
		return fmt.Errorf("a token is made with --ttl %s", args[i+1])
	}
	return nil
}

// shellWords returns the plain text of each word, or "?" for a word that is computed.
func shellWords(args []*syntax.Word) []string {
	texts := make([]string, len(args))
	for i, w := range args {
		if texts[i] = w.Lit(); texts[i] == "" {
			texts[i] = "?"
		}
	}
	return texts
}
