package verify

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/model"
)

// hostFile is one file that a machine must get: the artifact's name, where it goes and its octal mode.
type hostFile struct{ name, target, mode string }

// hostWant is what a machine's directory must hold.
type hostWant struct {
	dir      string
	subject  model.Address
	packages []string // sorted
	files    []hostFile
	setup    string   // artifact name of the script that runs last
	commands []string // its commands, words joined by one space
}

// hostRead is what the directory holds.
type hostRead struct {
	want hostWant
	// broken is why nothing about the machine can be believed: something else than the expected files reaches it.
	broken string
	bad    map[string]string // artifact name → why the machine does not get its bytes
	files  map[string][]byte // artifact name → bytes
}

// cloudConfig is the subset of cloud-init's user data that we allow.
type cloudConfig struct {
	DisableRoot   bool       `json:"disable_root"`
	PackageUpdate bool       `json:"package_update"`
	Packages      []string   `json:"packages"`
	RunCmd        [][]string `json:"runcmd"`
	SSHPwAuth     bool       `json:"ssh_pwauth"`
	WriteFiles    []struct {
		Content     string `json:"content"`
		Owner       string `json:"owner"`
		Path        string `json:"path"`
		Permissions string `json:"permissions"`
	} `json:"write_files"`
}

// readHost reads a machine's directory. The separate files are the truth; cloud-init.yaml must embed the same bytes,
// install.sh must copy the same files, and neither may do anything else.
func (p *Pass) readHost(want hostWant) *hostRead {
	r := &hostRead{want: want, bad: map[string]string{}, files: map[string][]byte{}}
	for _, f := range want.files {
		data, ok := p.Files[path.Join(want.dir, f.name)]
		if !ok {
			r.bad[f.name] = "the file is missing"
			p.Find(Finding{Subject: want.subject, Path: path.Join(want.dir, f.name), Message: "The file is missing."})
		}
		r.files[f.name] = data
	}
	for _, part := range []struct {
		name  string
		judge func([]byte) (place string, err error)
	}{
		{"cloud-init.yaml", r.judgeCloudInit},
		{"install.sh", r.judgeInstall},
		{want.setup, r.judgeSetup},
	} {
		place, err := part.judge(p.Files[path.Join(want.dir, part.name)])
		if err == nil {
			continue
		}
		r.broken = part.name + ": " + err.Error()
		p.Find(Finding{Subject: want.subject, Path: path.Join(want.dir, part.name), Object: place,
			Message: "The machine does not get exactly the files of this directory: " + err.Error() + "."})
	}
	return r
}

// gets reports whether the machine gets the named files with the bytes that the tree shows; if not, it says why.
func (r *hostRead) gets(names ...string) (bool, string) {
	if r.broken != "" {
		return false, r.broken
	}
	for _, n := range names {
		if why := r.bad[n]; why != "" {
			return false, n + ": " + why
		}
	}
	return true, ""
}

func (r *hostRead) judgeCloudInit(data []byte) (string, error) {
	body, ok := bytes.CutPrefix(data, []byte("#cloud-config\n"))
	if !ok {
		return "line 1", fmt.Errorf("the first line is not #cloud-config")
	}
	for i, line := range strings.Split(string(body), "\n") {
		// The decoder below reads the first document only.
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") {
			return fmt.Sprintf("line %d", i+2), fmt.Errorf("there is a second document")
		}
	}
	var c cloudConfig
	if err := yaml.UnmarshalStrict(body, &c); err != nil {
		return "", err
	}
	if !c.DisableRoot {
		return "disable_root", fmt.Errorf("root may log in")
	}
	if c.SSHPwAuth {
		return "ssh_pwauth", fmt.Errorf("passwords are accepted")
	}
	if !slices.Equal(c.Packages, r.want.packages) {
		return "packages", fmt.Errorf("packages are %s, not %s", strings.Join(c.Packages, ", "), strings.Join(r.want.packages, ", "))
	}
	setup := r.target(r.want.setup)
	if len(c.RunCmd) != 1 || !slices.Equal(c.RunCmd[0], []string{setup}) {
		return "runcmd", fmt.Errorf("runcmd is not %s alone", setup)
	}
	if len(c.WriteFiles) != len(r.want.files) {
		return "write_files", fmt.Errorf("%d files are written, not %d", len(c.WriteFiles), len(r.want.files))
	}
	for i, w := range c.WriteFiles {
		f := r.want.files[i]
		place := fmt.Sprintf("write_files[%d]", i)
		switch {
		case w.Path != f.target:
			return place + ".path", fmt.Errorf("%s is written where %s is expected", w.Path, f.target)
		case w.Permissions != f.mode:
			return place + ".permissions", fmt.Errorf("%s has mode %s, not %s", w.Path, w.Permissions, f.mode)
		case w.Owner != "root:root":
			return place + ".owner", fmt.Errorf("%s belongs to %s", w.Path, w.Owner)
		case w.Content != string(r.files[f.name]):
			return place + ".content", fmt.Errorf("%s differs from %s", w.Path, f.name)
		}
	}
	return "", nil
}

func (r *hostRead) target(name string) string {
	for _, f := range r.want.files {
		if f.name == name {
			return f.target
		}
	}
	return ""
}

// judgeInstall accepts the one script that does what cloud-init.yaml does.
func (r *hostRead) judgeInstall(data []byte) (string, error) {
	want := []string{"apt-get update", "apt-get install -y --no-install-recommends " + strings.Join(r.want.packages, " ")}
	for _, f := range r.want.files {
		want = append(want, "install -D -m "+f.mode+" -o root -g root "+f.name+" "+f.target)
	}
	return sameCommands(data, []string{"set -eu", `cd "$(dirname "$0")"`, "export DEBIAN_FRONTEND=noninteractive"}, append(want, r.target(r.want.setup)))
}

func (r *hostRead) judgeSetup(data []byte) (string, error) {
	return sameCommands(data, []string{"set -eu", "export DEBIAN_FRONTEND=noninteractive"}, r.want.commands)
}

// sameCommands compares a script's commands with those expected, in order. The header is what comes before them,
// line by line.
func sameCommands(data []byte, header, want []string) (string, error) {
	lines := strings.Split(string(data), "\n")
	if lines[0] != "#!/bin/sh" {
		return "line 1", fmt.Errorf("not a script of /bin/sh")
	}
	n := 1
	for _, h := range header {
		for n < len(lines) && strings.HasPrefix(lines[n], "#") {
			n++
		}
		if n == len(lines) || lines[n] != h {
			return fmt.Sprintf("line %d", n+1), fmt.Errorf("%q is missing", h)
		}
		n++
	}
	commands, err := readScript(strings.Repeat("\n", n) + strings.Join(lines[n:], "\n"))
	if err != nil {
		return "", err
	}
	for i, c := range commands {
		got := strings.Join(c.Args, " ")
		switch {
		case c.Pipe || len(c.Output) > 0 || len(c.Env) > 0:
			return got, fmt.Errorf("command %q is more than a plain command", got)
		case i >= len(want):
			return got, fmt.Errorf("command %q is not expected", got)
		case got != want[i]:
			return got, fmt.Errorf("command %q stands where %q is expected", got, want[i])
		}
	}
	if len(commands) < len(want) {
		return "", fmt.Errorf("command %q is missing", want[len(commands)])
	}
	return "", nil
}
