package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed asset/*.css asset/*.svg
var assets embed.FS

const assetPath = "/assets/"

// hashed maps each asset to the path under which it is served, and back to what is served there.
var hashed = sync.OnceValue(func() (all struct {
	paths map[string]string
	data  map[string][]byte
}) {
	all.paths, all.data = map[string]string{}, map[string][]byte{}
	files, err := assets.ReadDir("asset")
	if err != nil {
		panic(err) // compiled in
	}
	for _, f := range files {
		data, err := assets.ReadFile("asset/" + f.Name())
		if err != nil {
			panic(err) // compiled in
		}
		sum, extension := sha256.Sum256(data), path.Ext(f.Name())
		at := assetPath + strings.TrimSuffix(f.Name(), extension) + "." + hex.EncodeToString(sum[:8]) + extension
		all.paths[f.Name()], all.data[at] = at, data
	}
	return all
})

// asset returns the path of an asset by its name.
func asset(name string) (string, error) {
	at, ok := hashed().paths[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return at, nil
}

// serveAsset answers with a file whose content never changes, since its name would.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	data, ok := hashed().data[r.URL.Path]
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(r.URL.Path)])
	_, _ = w.Write(data) // the visitor may be gone
}
