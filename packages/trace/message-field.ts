/** A field of a message's bytes, as a reader is shown it. */
export interface MessageField {
  readonly number: number;
  /** As in the .proto file; empty where the schema doesn't know the field. */
  readonly name: string;
  /** `string`, `containerd.types.Mount`; of an Any's value the message that is in it. */
  readonly type: string;
  /** Where in the message's bytes: from the tag to behind the value. */
  readonly at: readonly [start: number, end: number];
  /** As text; absent where there are fields. */
  readonly value?: string;
  readonly fields?: readonly MessageField[];
  /** The bytes end before the value does. */
  readonly isCut?: boolean;
}
