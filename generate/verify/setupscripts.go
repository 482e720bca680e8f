package verify

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/bartizan-dev/bartizan/model"
)

var setupScripts = &Check{
	Name: "setup-scripts",
	Doc: `the scripts that set up the control plane run what was generated, and nothing else

Whatever the files say counts only if kubeadm reads them: a script could give it others, or skip what it checks. So each
script of the directory is read command by command, wherever a command stands. Commands that change the machine or the
cluster, those whose output goes to a file, and programs for awk and sed must be one of the reviewed, with the addresses and
pools of the specification; what only reads or prints is free; nothing else may run, and no function or variable may change
what a name means. Each script begins with set -eu and umask 077, so that it stops at a failure and what it writes is root's.
What must not be skipped stands outside of every condition. kubeadm, "kubeadm init" and "kubeadm join":
--ignore-preflight-errors, --skip-phases, --config.`,
	Controls: []model.ControlID{model.SetupScripts},
	Run:      runSetupScripts,
}

func runSetupScripts(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		reviewed := k.reviewedCommands()
		good := true
		find := func(file string, err error) {
			good = false
			p.Find(Finding{Control: model.SetupScripts, Subject: k.cluster.Addr(), Path: file, Message: fmt.Sprintf("The script may do something else than to set up what was generated: %v.", err)})
		}
		for _, file := range slices.Sorted(maps.Keys(p.Files)) {
			if path.Dir(file) != k.dir() || !strings.HasSuffix(file, ".sh") {
				continue
			}
			var err error
			switch name := path.Base(file); name {
			case "admit-nodes.sh":
				_, err = k.admitWrong()
			case "kube-vip.sh":
				err = vipScriptWrong(p.Files[file])
			default:
				err = setupScriptWrong(p.Files[file], reviewed[name])
			}
			if err != nil {
				find(file, err)
			}
		}
		for _, name := range []string{"admit-nodes.sh", "bootstrap.sh", "join.sh", "make-join.sh"} {
			if _, ok := p.Files[path.Join(k.dir(), name)]; !ok {
				find(path.Join(k.dir(), name), fmt.Errorf("it is missing"))
			}
		}
		if good {
			p.Prove(model.SetupScripts, k.cluster.Addr(), path.Join(k.dir(), "bootstrap.sh"))
		}
	}
}

// reviewedScript is what a script may do.
type reviewedScript struct {
	commands []string // as the parser prints them, on one line, with their redirections
	always   []string // statements that no condition may skip, in order
}

// freeCommands read no file and change nothing. With a redirection to a file they are judged. "exit 1" is free too: every
// other status passes over what follows.
var freeCommands = []string{"[", "dirname", "echo", "getent", "hostname", "id", "mktemp", "printf", "pwd", "read", "return", "sleep"}

// setupFunctions are the functions of the scripts. Their commands are judged like all others.
var setupFunctions = []string{"all_loaded", "digest", "fail", "install_keys", "keys", "loaded", "matches", "rewrite", "rewritten", "state"}

func setupScriptWrong(data []byte, reviewed *reviewedScript) error {
	if reviewed == nil {
		return fmt.Errorf("nothing here judges a script of that name")
	}
	statements, err := topStatements(data)
	if err != nil {
		return err
	}
	if len(statements) < 2 || statements[0].text != "set -eu" || statements[1].text != "umask 077" {
		return fmt.Errorf("it does not begin with set -eu and umask 077")
	}
	left := statements
	for _, want := range reviewed.always {
		i := slices.IndexFunc(left, func(s statement) bool { return s.text == want })
		if i < 0 {
			return fmt.Errorf("%q must stand outside of every condition, in its place", want)
		}
		left = left[i+1:]
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(string(data)), "")
	if err != nil {
		return err
	}
	j := setupJudge{reviewed: reviewed}
	for i, s := range file.Stmts {
		if i < 2 {
			continue
		}
		_, j.function = s.Cmd.(*syntax.FuncDecl)
		syntax.Walk(s, func(n syntax.Node) bool {
			j.node(n)
			return j.wrong == nil
		})
	}
	return j.wrong
}

// fixedVariables are the values of variables that commands depend on. Other variables have names in lower case.
var fixedVariables = map[string][]string{
	"CDPATH":     {""},
	"KUBECONFIG": {"/etc/kubernetes/admin.conf"},
	"here":       {`$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)`},
	"pki":        {"/etc/kubernetes/pki"},
	"work":       {"$(mktemp -d)", "$(mktemp -d /run/etcd-certs.XXXXXXXX)", "$(mktemp -d /run/etcd-member.XXXXXXXX)", "$(mktemp -d /run/etcd-client.XXXXXXXX)"},
	"file":       {nodeHardening + "/encryption.yaml"},
	"written":    {nodeHardening + "/encryption.rewritten"},
	"key":        {"$(head -c 32 /dev/urandom | base64)"},
	"secret":     {"$(head -c 32 /dev/urandom | base64)"},
	"node":       {"", "$(hostname)", "$value"},
	"kinds":      {"etcd-server etcd-peer etcd-healthcheck-client", "apiserver-etcd-client"},
}

// pathVariables hold parts of paths below the script's own directory.
var pathVariables = map[string]*regexp.Regexp{
	"config": regexp.MustCompile(`^([a-z0-9][a-z0-9.-]*\.yaml|"join-\$pool\.yaml")$`),
	"pool":   regexp.MustCompile(`^([a-z0-9-]*|\$value|\$\{2:-\})$`),
}

type setupJudge struct {
	reviewed *reviewedScript
	function bool // the statement is a function
	wrong    error
}

func (j *setupJudge) refuse(n syntax.Node, format string, args ...any) {
	if j.wrong == nil {
		j.wrong = fmt.Errorf("line %d: %s", n.Pos().Line(), fmt.Sprintf(format, args...))
	}
}

func (j *setupJudge) node(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.FuncDecl:
		if !slices.Contains(setupFunctions, n.Name.Value) {
			j.refuse(n, "the function %s is not expected; it may take the place of a command", n.Name.Value)
		}
	case *syntax.Assign:
		if n.Name == nil {
			j.refuse(n, "an assignment is not understood")
			return
		}
		name, value := n.Name.Value, assignedText(n)
		if pattern := pathVariables[name]; slices.Contains(fixedVariables[name], value) || pattern != nil && pattern.MatchString(value) {
			return
		}
		j.free(n, name)
	case *syntax.WordIter:
		j.free(n, n.Name.Value)
		for _, w := range n.Items {
			if strings.Contains(printed(w), "..") {
				j.refuse(n, "%s leads out of the directory", printed(w))
			}
		}
	case *syntax.Stmt:
		j.statement(n)
	case *syntax.ParamExp:
		if n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
			j.refuse(n, "an expansion assigns to %s", n.Param.Value)
		}
	case *syntax.BinaryArithm:
		if n.Op != syntax.Add {
			j.refuse(n, "the calculation is not understood")
		}
	case *syntax.UnaryArithm, *syntax.ProcSubst, *syntax.CoprocClause, *syntax.ExtGlob, *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause:
		j.refuse(n, "it is not understood")
	}
}

// free refuses to give any value to a variable that commands depend on.
func (j *setupJudge) free(n syntax.Node, name string) {
	_, fixed := fixedVariables[name]
	if fixed || pathVariables[name] != nil || !strings.Contains("abcdefghijklmnopqrstuvwxyz", name[:1]) {
		j.refuse(n, "%s changes what commands mean", name)
	}
}

// statement judges a simple command with its redirections, and the redirections of a compound one.
func (j *setupJudge) statement(s *syntax.Stmt) {
	text := printedStatement(s)
	if s.Background || s.Coprocess {
		j.refuse(s, "%q runs beside the script", text)
		return
	}
	var out []string
	for _, d := range s.Redirs {
		target := wordText(d.Word)
		switch {
		case d.Op == syntax.RdrIn && strings.HasPrefix(target, `"$work/`), d.Op == syntax.DplOut, target == "/dev/null":
		case d.Op == syntax.RdrOut, d.Op == syntax.AppOut:
			out = append(out, d.Op.String()+target)
		default:
			j.refuse(s, "the redirection %s is not understood", d.Op)
			return
		}
	}
	allowed := func(text string) bool {
		return slices.Contains(j.reviewed.commands, text) || slices.Contains(j.reviewed.always, text)
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			if len(out) > 0 {
				j.refuse(s, "%q is not expected", text)
			}
			return
		}
		name := wordText(c.Args[0])
		switch {
		case name == "read":
			for _, w := range c.Args[1:] {
				if v := wordText(w); v != "-r" {
					j.free(s, v)
				}
			}
		case name == "return" && !j.function, name == "printf" && len(c.Args) > 1 && strings.HasPrefix(wordText(c.Args[1]), "-"):
			j.refuse(s, "%q is not expected", text)
		}
		free := text == "exit 1" || slices.Contains(freeCommands, name) || slices.Contains(setupFunctions, name)
		if !(free && len(out) == 0) && !allowed(text) {
			j.refuse(s, "%q is not expected", text)
		}
	case *syntax.DeclClause:
		if text != "export KUBECONFIG=/etc/kubernetes/admin.conf" {
			j.refuse(s, "%q is not expected", text)
		}
	case *syntax.BinaryCmd: // what goes into a pipe may be a program for what stands behind it
		if (c.Op == syntax.Pipe || len(out) > 0) && !allowed(text) {
			j.refuse(s, "%q is not expected", text)
		}
	default:
		if len(out) > 0 && !allowed(text) {
			j.refuse(s, "%q is not expected", text)
		}
	}
}
