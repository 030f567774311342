package ckpt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

const (
	modelFile     = "model.safetensors"
	optimizerFile = "optimizer.safetensors"
	stateFile     = "state.json"

	formatName    = "gotrain checkpoint"
	formatVersion = 1
)

// State is all a run needs to go on as if it had never stopped. Tensors come
// back in the order of Encode: address them by name.
type State struct {
	Model     []Tensor        // parameters, in PyTorch's layouts
	Optimizer []Tensor        // every other tensor: moments, partial gradients, metric sums
	Run       json.RawMessage // the trainer's own: epoch, batch cursor, scores; kept byte for byte
}

// manifest is state.json.
type manifest struct {
	Format  string               `json:"format"`
	Version int                  `json:"version"`
	Step    int                  `json:"step"`
	Run     json.RawMessage      `json:"run"`
	Files   map[string]fileEntry `json:"files"`
	SHA256  string               `json:"sha256"`
}

// The last field seals the file: it is the hash of every byte before its line,
// so that state.json too is verified. Later versions keep the seal, which is
// what tells a newer format from a damaged file.
const (
	sealStart = `  "sha256": "`
	sealEnd   = "\"\n}\n"
	sealSize  = len(sealStart) + 2*sha256.Size + len(sealEnd)
)

func encodeManifest(step int, run json.RawMessage, files map[string]fileEntry) ([]byte, error) {
	if run = bytes.TrimSpace(run); len(run) == 0 {
		run = json.RawMessage("null")
	}
	if !json.Valid(run) {
		return nil, fmt.Errorf("the run's state is not JSON")
	}
	list, err := json.MarshalIndent(files, "  ", "  ")
	if err != nil {
		return nil, err
	}
	// By hand, because json.Marshal would rewrite the bytes of run.
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"format\": %q,\n  \"version\": %d,\n  \"step\": %d,\n  \"run\": %s,\n  \"files\": %s,\n",
		formatName, formatVersion, step, run, list)
	return sealed(b.Bytes()), nil
}

func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(body[:len(body):len(body)], sealStart+hex.EncodeToString(sum[:])+sealEnd...)
}

// decodeManifest returns a *damage or a *VersionError (without Path).
func decodeManifest(b []byte) (manifest, error) {
	var m manifest
	at := len(b) - sealSize
	if at < 0 || !bytes.HasPrefix(b[at:], []byte(sealStart)) || !bytes.HasSuffix(b, []byte(sealEnd)) {
		return m, &damage{file: stateFile, reason: "does not end in its sha256: cut short, or not a gotrain checkpoint"}
	}
	sum := sha256.Sum256(b[:at])
	found := hex.EncodeToString(sum[:])
	if want := string(b[at+len(sealStart) : len(b)-len(sealEnd)]); want != found {
		return m, &damage{file: stateFile, reason: "sha256", expected: want, found: found}
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, &damage{file: stateFile, reason: "is not JSON: " + err.Error()}
	}
	if m.Format != formatName {
		return m, &damage{file: stateFile, reason: "format", expected: formatName, found: m.Format}
	}
	if m.Version != formatVersion {
		return m, &VersionError{Found: m.Version}
	}
	if bytes.Equal(m.Run, []byte("null")) {
		m.Run = nil
	}
	for _, name := range []string{modelFile, optimizerFile} {
		if _, ok := m.Files[name]; !ok {
			return m, &damage{file: stateFile, reason: "does not list " + name}
		}
	}
	return m, nil
}
