/**
 * The contract of an artifact store: folders of files under the digest of their content. A store knows bytes and
 * digests; which step made them is the metadata store's business.
 */

/** SHA-256 in lower-case hex. */
export type Digest = string & { readonly brand?: 'Digest' };

/** One file of an artifact. */
export interface ManifestFile {
  /** Relative path with forward slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Digest;
}

/** The files of an artifact, ordered by path in code units. The artifact's digest is the SHA-256 of its canonical JSON. */
export interface Manifest {
  readonly version: 1;
  readonly files: readonly ManifestFile[];
}

/**
 * What `stat` said of every file, and of every folder (its path ends with `/`), when the content was last known to be right;
 * a match spares hashing.
 */
export type StatWitness = Readonly<
  Record<string, readonly [size: number, mtimeNs: string, ctimeNs: string, inode: string]>
>;

/** An artifact that stands in the store. */
export interface StoredArtifact {
  readonly digest: Digest;
  /** Absolute path of its folder; read-only. */
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly witness: StatWitness;
}

/** A folder that a step writes into; nobody else sees it before it is published. */
export interface StagedArtifact {
  /** Absolute path of the empty folder to write into. */
  readonly path: string;
  /**
   * Takes what was written: hashes the files and moves the folder to where nobody knows it. When its digest stands in the
   * store already, and is sound, the files are dropped.
   *
   * @throws StoreError when a file is not a regular file, has a second name or one that not every system can have
   */
  seal(): Promise<SealedArtifact>;
  /** Seals it and publishes it alone. @throws StoreError */
  publish(): Promise<StoredArtifact>;
  /** Removes what was staged; nothing happens once it is sealed. */
  discard(): Promise<void>;
}

/** What a step has written, hashed, before it stands in the store. */
export interface SealedArtifact {
  readonly digest: Digest;
  readonly manifest: Manifest;
  /** Absolute path of its folder. */
  readonly path: string;
  /** What the system said of it before it was hashed. */
  readonly witness: StatWitness;
  /** The witness of what stands under its digest already, and is sound: then its own folder is gone. */
  readonly standing: StatWitness | undefined;
  /** Removes it, unless it was published. */
  discard(): Promise<void>;
}

/** How an artifact was found to be. */
export type Soundness =
  | {
      readonly state: 'sound';
      readonly witness: StatWitness;
      /** The content was hashed, not only compared with the witness. */ readonly hashed: boolean;
    }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly problems: readonly string[] };

/** Keeps artifacts by content. */
export interface ArtifactStore {
  /** Absolute path of an artifact's folder, whether it exists or not. */
  pathOf(digest: Digest): string;
  /** A path for scratch files that nothing has yet; whoever uses it removes it. */
  scratchPath(): string;
  /**
   * Makes an empty folder to write into.
   *
   * @param within - a folder at a path of {@link scratchPath}; else it stands by itself
   */
  stage(within?: string): Promise<StagedArtifact>;
  /**
   * Makes files durable and moves their folders to their digests, of several artifacts at once: a disk gathers what is asked
   * of it at the same time.
   *
   * @returns what became of each, in order; a StoreError when somebody still writes there, or writing fails
   */
  publish(sealed: readonly SealedArtifact[]): Promise<readonly PromiseSettledResult<StoredArtifact>[]>;
  /**
   * Compares an artifact with its witness and, where they differ or there is none, with the content that its digest
   * promises.
   */
  check(digest: Digest, witness: StatWitness | undefined): Promise<Soundness>;
  /** Hashes every byte and compares with the digest. */
  verify(digest: Digest): Promise<Soundness>;
  /** Moves a damaged artifact out of the way; returns where to. */
  quarantine(digest: Digest): Promise<string>;
  manifest(digest: Digest): Promise<Manifest | undefined>;
  /** Digests of all artifacts in the store, sorted. */
  list(): Promise<readonly Digest[]>;
}
