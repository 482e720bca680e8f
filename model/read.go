package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// The endings of specification files.
const (
	extHCL  = ".bartizan.hcl"
	extJSON = ".bartizan.json"
)

// The endings of files that set variables. What stands beside the specification and has the long ending is read unasked.
const (
	extVarsHCL  = ".vars.hcl"
	extVarsJSON = ".vars.json"
	autoVars    = ".auto"
)

// errorf reports a problem at the place.
func (l *loader) errorf(at hcl.Range, summary, format string, args ...any) {
	l.report(hcl.DiagError, at, summary, fmt.Sprintf(format, quotable(args)...), extra{suggestion: suggested(args)})
}

// problem reports what is wrong with a value.
func (l *loader) problem(at hcl.Range, p *problem) {
	l.report(hcl.DiagError, at, p.summary, p.detail, extra{suggestion: p.near})
}

// warnf reports something that the user should know at the place.
func (l *loader) warnf(at hcl.Range, summary, format string, args ...any) {
	l.report(hcl.DiagWarning, at, summary, fmt.Sprintf(format, quotable(args)...), extra{suggestion: suggested(args)})
}

// secretf reports a secret at the place. Its text is not shown: diagnostics end up in logs.
func (l *loader) secretf(at hcl.Range, format string, args ...any) {
	l.report(hcl.DiagError, at, "Secret in specification", fmt.Sprintf(format, quotable(args)...), extra{hidden: true})
}

func (l *loader) report(severity hcl.DiagnosticSeverity, at hcl.Range, summary, detail string, e extra) {
	d := &hcl.Diagnostic{Severity: severity, Summary: summary, Detail: detail, Extra: e}
	if at.Filename != "" {
		d.Subject = &at
	}
	if l.diags = append(l.diags, l.inUse(d)); len(l.diags) >= limitErrors.Most {
		l.stop(hcl.Range{}, "Too many problems", "Reading stopped after %s. Mend these first.", limitErrors)
	}
}

// read finds and parses the files of the specification.
func (l *loader) read(path string) {
	if path == "-" {
		l.readStdin()
		return
	}
	info, err := os.Stat(path)
	if err != nil {
		l.errorf(hcl.Range{}, "Missing specification", "%s", noFile(path, err))
		return
	}
	if !info.IsDir() {
		l.dir = filepath.Dir(path)
		if text, ok := l.readFile(path); ok {
			l.parse(path, text)
		}
		return
	}
	l.dir = path
	files, err := SpecFiles(path)
	if err != nil {
		l.errorf(hcl.Range{}, "Unreadable directory", "%s.", err)
		return
	}
	if len(files) == 0 {
		l.errorf(hcl.Range{}, "No specification", "The directory %q has no file that ends in %s or %s.%s Run \"bartizan init\" to write one.", path, extHCL, extJSON, otherNames(path))
		return
	}
	for _, f := range files {
		if text, ok := l.readBeside(f); ok {
			l.parse(f, text)
		}
	}
}

// SpecFiles returns the specification files of a directory, sorted.
func SpecFiles(dir string) ([]string, error) {
	return filesOf(dir, func(n string) bool {
		return n != imagesFile && (strings.HasSuffix(n, extHCL) || strings.HasSuffix(n, extJSON))
	})
}

// SourceFiles returns what people write in a directory: specification files and files that set variables, sorted.
func SourceFiles(dir string) ([]string, error) {
	return filesOf(dir, func(n string) bool {
		return n != imagesFile && (strings.HasSuffix(n, extHCL) || strings.HasSuffix(n, extJSON) || strings.HasSuffix(n, extVarsHCL) || strings.HasSuffix(n, extVarsJSON))
	})
}

// filesOf returns the files of a directory that are wanted, sorted, without hidden ones.
func filesOf(dir string, wanted func(name string) bool) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if n := e.Name(); !e.IsDir() && !strings.HasPrefix(n, ".") && wanted(n) {
			files = append(files, filepath.Join(dir, n))
		}
	}
	return files, nil
}

// otherNames names files that are probably meant to be specification files, in a sentence with a space before it.
func otherNames(dir string) string {
	files, err := filesOf(dir, func(n string) bool {
		return strings.HasSuffix(n, ".hcl") && !strings.HasSuffix(n, extVarsHCL) || strings.HasSuffix(n, ".tf")
	})
	if err != nil || len(files) == 0 {
		return ""
	}
	name := filepath.Base(files[0])
	return fmt.Sprintf(" Is %s one? Then call it %s.", name, strings.TrimSuffix(name, filepath.Ext(name))+extHCL)
}

func noFile(path string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("There is no file or directory %q. Name a directory with *%s files, one such file, or - for standard input.", path, extHCL)
	}
	return err.Error() + "."
}

func (l *loader) readStdin() {
	if l.options.Stdin == nil {
		l.errorf(hcl.Range{}, "No standard input", "The specification was to be read from standard input, which is closed.")
		return
	}
	l.dir = "." // what the specification names stands in the current directory
	if text, ok := l.take("standard input", l.options.Stdin); ok {
		l.parse(stdinName(text), text)
	}
}

// stdinName names standard input by what it holds: no file of native syntax begins with { or [, and every JSON one does.
func stdinName(text []byte) string {
	if t := bytes.TrimLeft(text, " \t\r\n"); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
		return "stdin" + extJSON
	}
	return "stdin" + extHCL
}

// readFile reads a file that the user names, which may be a link to anywhere or a pipe.
func (l *loader) readFile(path string) ([]byte, bool) {
	f, err := os.Open(path)
	if err != nil {
		l.errorf(hcl.Range{}, "Unreadable file", "%s.", err)
		return nil, false
	}
	defer f.Close()
	return l.take(path, f)
}

// readBeside reads a file of the specification's directory that nobody names. Whoever may change the directory must not
// choose by it what else is read on this machine, and quoted in a log.
func (l *loader) readBeside(path string) ([]byte, bool) {
	f, err := openInside(l.dir, filepath.Base(path))
	if err != nil {
		l.errorf(hcl.Range{}, "Unreadable file", "%s: %s.", path, err)
		return nil, false
	}
	defer f.Close()
	return l.take(path, f)
}

// openInside opens a regular file of a directory. Links must not lead out of it; pipes and devices could keep a reader
// for ever.
func openInside(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cause(err)
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := root.Open(name)
	return f, cause(err)
}

// take reads a text of the specification to its end, and holds the sum of all against its bounds.
func (l *loader) take(name string, r io.Reader) ([]byte, bool) {
	if l.taken.files++; l.taken.files > limitFiles.Most {
		l.stop(hcl.Range{}, "Too many files", "With %s, the specification and its variables stand in more than %s. Join some of them.", name, limitFiles)
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(limitSource.Most-l.taken.bytes)+1))
	if err != nil {
		l.errorf(hcl.Range{}, "Unreadable file", "%s: %s.", name, cause(err))
		return nil, false
	}
	if l.taken.bytes += len(text); l.taken.bytes > limitSource.Most {
		l.stop(hcl.Range{}, "Too much text", "With %s, the specification and its variables have more than %s of text. Is it the right one?", name, limitSource)
	}
	if l.taken.words += tokensAtMost(text); l.taken.words > limitWords.Most {
		l.stop(hcl.Range{}, "Too much text", "With %s, the specification and its variables have more than %s. Repeat blocks with for_each, or divide the specification.", name, limitWords)
	}
	return text, true
}

// ReadText reads a specification file whose size is bounded, as it is in [Load].
func ReadText(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, int64(limitSource.Most)+1))
	if err == nil && len(text) > limitSource.Most {
		err = fmt.Errorf("larger than %s", limitSource)
	}
	return text, err
}

func (l *loader) parse(name string, text []byte) {
	if isJSON(hcl.Range{Filename: name}) {
		l.parseJSON(name, text)
		return
	}
	file, ok := l.parseNative(name, text)
	if ok {
		l.bodies = append(l.bodies, body{native: file.Body.(*hclsyntax.Body)})
	}
}

// parseNative parses native syntax, and puts the meter around each of its expressions.
func (l *loader) parseNative(name string, text []byte) (*hcl.File, bool) {
	tokens, _ := hclsyntax.LexConfig(text, name, hcl.InitialPos)
	if at, beyond := judge(tokens); beyond != nil {
		l.loaded.sources[name] = newSource(text, nil)
		l.diags = append(l.diags, beyond.at(at)...)
		return nil, false
	}
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	l.loaded.sources[name] = newSource(text, file)
	if diags.HasErrors() {
		l.diags = append(l.diags, digits(tokens, diags)...)
		return nil, false
	}
	l.meter.body(file.Body.(*hclsyntax.Body))
	return file, true
}

func (l *loader) parseJSON(name string, text []byte) {
	l.loaded.sources[name] = newSource(text, nil)
	if !l.judgeJSON(name, text) {
		return
	}
	expr, diags := json.ParseExpression(text, name)
	l.diags = append(l.diags, diags...)
	if !diags.HasErrors() {
		l.bodies = append(l.bodies, body{json: expr})
	}
}

// judgeJSON holds a JSON text against the bounds that the parser needs.
func (l *loader) judgeJSON(name string, text []byte) bool {
	flaw := scanJSON(text, true)
	if flaw == nil {
		return true
	}
	e := nestedTooDeeply()
	if flaw.number {
		e = numberTooLong()
	}
	at := l.loaded.sources[name].position(name, flaw.at)
	at.End = hcl.Pos{Line: at.Start.Line, Column: at.Start.Column + flaw.end - flaw.at, Byte: flaw.end}
	l.diags = append(l.diags, e.at(at)...)
	return false
}

// digits replaces what the parser says about a name that starts with a digit ("workload.shop.2048game"), which is read
// as a number and then a stray word, by one diagnostic that names the remedy.
func digits(tokens hclsyntax.Tokens, diags hcl.Diagnostics) hcl.Diagnostics {
	found := map[int]bool{} // lines
	var own hcl.Diagnostics
	for i := 2; i < len(tokens); i++ {
		// Depending on what follows, the scanner gives the dot and the digits as one number or as two tokens.
		word, number, dot := tokens[i], tokens[i-1], tokens[i-2]
		if word.Type != hclsyntax.TokenIdent || number.Type != hclsyntax.TokenNumberLit || dot.Type != hclsyntax.TokenDot ||
			number.Range.End.Byte != word.Range.Start.Byte || dot.Range.End.Byte != number.Range.Start.Byte {
			continue
		}
		at := hcl.RangeBetween(number.Range, word.Range)
		written := string(number.Bytes) + string(word.Bytes)
		key := fmt.Sprintf("%q", written)
		if isJSON(at) {
			key = `\"` + written + `\"`
		}
		found[at.Start.Line] = true
		own = append(own, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Name starts with a digit",
			Detail:   fmt.Sprintf("%q cannot follow a dot, because it starts with a digit. Write [%s] instead of .%s.", written, key, written),
			Subject:  &at,
		})
	}
	for _, d := range diags {
		if d.Subject == nil || !found[d.Subject.Start.Line] {
			own = append(own, d)
		}
	}
	return own
}
