package verify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is one simple command of a shell script.
type command struct {
	Args   []string // as words: quotes removed where the word is plain text, otherwise as written
	Pipe   bool     // it is part of a pipe, a command substitution or a case branch
	Output []string // files that its output is redirected to, as written; "&2" for another descriptor
	Env    []string // names that are assigned before it
}

// readScript takes a script apart into its commands, in order. It accepts only scripts whose exit status is that of
// the first command that fails under "bash -eo pipefail": anything that hides an exit status or changes what a later
// name means is an error: ||, &&, !, &, ;-lists in conditions, loops, functions, subshells, eval, set, trap, alias.
func readScript(script string) ([]command, error) {
	r, err := parseScript(script)
	if err != nil {
		return nil, err
	}
	return r.commands, nil
}

// parseScript is readScript for scripts that may also use some of the refused commands: its caller judges them.
func parseScript(script string, allowed ...string) (*scriptReader, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil, fmt.Errorf("not a shell script: %w", err)
	}
	r := &scriptReader{allowed: allowed, assigned: map[string][]string{}}
	for _, s := range file.Stmts {
		if err := r.stmt(s, false); err != nil {
			return nil, err
		}
	}
	return r, nil
}

type scriptReader struct {
	allowed  []string // commands that are not refused
	commands []command
	assigned map[string][]string // values of each variable, as words
}

// refused are commands that change how later ones run or are found.
var refused = []string{"eval", "exec", "set", "trap", "alias", "unalias", "source", ".", "command", "builtin", "shopt", "enable", "hash", "exit", "export", "declare", "readonly", "unset"}

func (r *scriptReader) stmt(s *syntax.Stmt, nested bool) error {
	if s.Negated || s.Background || s.Coprocess {
		return fmt.Errorf("line %d: the exit status is lost", s.Pos().Line())
	}
	var output []string
	for _, d := range s.Redirs {
		switch d.Op {
		case syntax.RdrIn:
		case syntax.RdrOut, syntax.AppOut:
			output = append(output, wordText(d.Word))
		case syntax.DplOut:
			output = append(output, "&"+wordText(d.Word))
		default:
			return fmt.Errorf("line %d: redirection %s is not understood", d.Pos().Line(), d.Op)
		}
		if err := r.word(d.Word); err != nil {
			return err
		}
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return r.call(c, nested, output)
	case *syntax.BinaryCmd:
		if c.Op != syntax.Pipe {
			return fmt.Errorf("line %d: %s hides an exit status", c.OpPos.Line(), c.Op)
		}
		if err := r.stmt(c.X, true); err != nil {
			return err
		}
		return r.stmt(c.Y, true)
	case *syntax.CaseClause:
		if len(output) > 0 {
			return fmt.Errorf("line %d: the output of a case is redirected", s.Pos().Line())
		}
		return r.caseClause(c)
	}
	return fmt.Errorf("line %d: only plain commands are understood", s.Pos().Line())
}

// caseClause reads the guard "case WORD in PATTERN) ;; *) … exit 1 ;; esac". "exit" with a status other than 0 is
// allowed there and nowhere else.
func (r *scriptReader) caseClause(c *syntax.CaseClause) error {
	if err := r.word(c.Word); err != nil {
		return err
	}
	for _, item := range c.Items {
		for _, p := range item.Patterns {
			if err := r.word(p); err != nil {
				return err
			}
		}
		for i, s := range item.Stmts {
			if call, ok := s.Cmd.(*syntax.CallExpr); ok && len(call.Args) == 2 && call.Args[0].Lit() == "exit" && call.Args[1].Lit() == "1" && i == len(item.Stmts)-1 {
				continue
			}
			if err := r.stmt(s, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *scriptReader) call(c *syntax.CallExpr, nested bool, output []string) error {
	cmd := command{Pipe: nested, Output: output}
	for _, a := range c.Assigns {
		if a.Value != nil {
			if err := r.word(a.Value); err != nil {
				return err
			}
		}
		if a.Name == nil || a.Index != nil || a.Array != nil || !strings.Contains("abcdefghijklmnopqrstuvwxyz", a.Name.Value[:1]) {
			// Capitals are names that programs read: PATH, BASH_ENV, TRIVY_…
			return fmt.Errorf("line %d: assignment to a name that other programs may read", c.Pos().Line())
		}
		cmd.Env = append(cmd.Env, a.Name.Value)
		r.assigned[a.Name.Value] = append(r.assigned[a.Name.Value], assignedText(a))
	}
	for _, w := range c.Args {
		if err := r.word(w); err != nil {
			return err
		}
		cmd.Args = append(cmd.Args, wordText(w))
	}
	if len(cmd.Args) == 0 {
		if len(output) > 0 {
			return fmt.Errorf("line %d: a file is emptied", c.Pos().Line())
		}
		return nil
	}
	if slices.Contains(refused, cmd.Args[0]) && !slices.Contains(r.allowed, cmd.Args[0]) {
		return fmt.Errorf("line %d: %s changes how later commands run", c.Pos().Line(), cmd.Args[0])
	}
	r.commands = append(r.commands, cmd)
	return nil
}

// word reads the command substitutions of a word as commands.
func (r *scriptReader) word(w *syntax.Word) error {
	var err error
	syntax.Walk(w, func(n syntax.Node) bool {
		if err != nil {
			return false
		}
		switch n := n.(type) {
		case *syntax.ProcSubst:
			err = fmt.Errorf("line %d: the exit status of a process substitution is lost", n.Pos().Line())
			return false
		case *syntax.CmdSubst:
			for _, s := range n.Stmts {
				if err = r.stmt(s, true); err != nil {
					return false
				}
			}
			return false
		}
		return true
	})
	return err
}

// wordText returns the value of a word of plain text, or the word as written if it holds an expansion.
func wordText(w *syntax.Word) string {
	var text strings.Builder
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			text.WriteString(p.Value)
		case *syntax.SglQuoted:
			if p.Dollar {
				return printed(w)
			}
			text.WriteString(p.Value)
		default:
			return printed(w)
		}
	}
	return text.String()
}

func assignedText(a *syntax.Assign) string {
	switch {
	case a.Value == nil:
		return ""
	case a.Append:
		return "+=" + wordText(a.Value)
	}
	return wordText(a.Value)
}

func printed(w *syntax.Word) string {
	var buf bytes.Buffer
	if err := syntax.NewPrinter().Print(&buf, w); err != nil {
		return ""
	}
	return buf.String()
}

// flags reads the arguments after a command's name as long flags and operands. A flag that is not in the table, or is
// given twice, is an error. The table says whether a flag takes a value.
func readFlags(args []string, table map[string]bool) (flags map[string]string, operands []string, err error) {
	flags = map[string]string{}
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !strings.HasPrefix(a, "-") || a == "-" {
			operands = append(operands, a)
			continue
		}
		name, value, inline := strings.Cut(a, "=")
		takes, known := table[name]
		if !known {
			return nil, nil, fmt.Errorf("flag %s is not understood", name)
		}
		if _, twice := flags[name]; twice {
			return nil, nil, fmt.Errorf("flag %s is given twice", name)
		}
		if takes && !inline {
			i++
			if i == len(args) {
				return nil, nil, fmt.Errorf("flag %s has no value", name)
			}
			value = args[i]
		}
		if !takes && inline {
			return nil, nil, fmt.Errorf("flag %s takes no value", name)
		}
		flags[name] = value
	}
	return flags, operands, nil
}
