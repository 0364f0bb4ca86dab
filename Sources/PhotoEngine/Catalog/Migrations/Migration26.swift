/// A promoted library takes the place of an owner who has nothing but a quota, and what the journal says of that, which go with the
/// owner's id. On Postgres alone: there the program may not write quotas by itself.
let migration26 = Migration(version: 26) { dialect in
    guard dialect.hasRowSecurity else { return [] }
    return ["quotas", "journal"].map { table in
        """
        ALTER TABLE \(table) DROP CONSTRAINT \(table)_owner_fkey, ADD CONSTRAINT \(table)_owner_fkey
            FOREIGN KEY (owner) REFERENCES owners (id) ON UPDATE CASCADE
        """
    }
}
